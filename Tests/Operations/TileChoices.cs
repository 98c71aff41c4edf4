namespace LpcEngine.Tests.Operations;

/// <summary>Which tile a product of a ResNet gets, in floats and with a batch of 128; those that go by minimal filtering apart (<see cref="WinogradPlan"/>), whose 36 products are here.</summary>
public sealed class TileChoices
{
    // A stage's side, channels in and out, filter and stride: first the convolutions that are summed directly, by their three products.
    [TestCase(32, 64, 64, 1, 1, TileKind.Tile8x8Narrow, TileKind.Tile8x8Narrow, TileKind.Tile8x8Narrow)]
    [TestCase(32, 64, 256, 1, 1, TileKind.Tile8x8, TileKind.Tile8x8Narrow, TileKind.Tile8x8)]
    [TestCase(32, 256, 64, 1, 1, TileKind.Tile8x8Narrow, TileKind.Tile8x8, TileKind.Tile8x8Narrow)]
    [TestCase(32, 64, 128, 3, 2, TileKind.Tile8x8, TileKind.Tile8x8Narrow, TileKind.Tile8x8)]
    [TestCase(16, 128, 256, 3, 2, TileKind.Tile8x8, TileKind.Tile8x4, TileKind.Tile8x8)]
    [TestCase(8, 256, 512, 3, 2, TileKind.Tile8x4, TileKind.Tile8x4, TileKind.Tile8x8)]
    [TestCase(32, 3, 64, 3, 1, TileKind.Tile8x4, TileKind.Tile2x4, TileKind.Tile8x4)]
    [TestCase(32, 16, 16, 3, 1, TileKind.Tile2x4, TileKind.Tile2x4, TileKind.Tile2x4)]
    [TestCase(32, 32, 32, 3, 1, TileKind.Tile4x4, TileKind.Tile4x4, TileKind.Tile4x4)]
    [TestCase(32, 96, 96, 3, 1, TileKind.Tile8x8, TileKind.Tile8x8, TileKind.Tile8x8)]
    public void Of_a_convolution(int side, int channels, int filters, int filter, int stride, object forward, object inputGradient, object weightGradient)
    {
        var geometry = new ConvGeometry(128, side, side, channels, filters, filter, filter, stride, filter / 2);
        Assert.Multiple(() =>
        {
            Assert.That(TileChoice.OfRows(GatherPlan.Forward(geometry), 1), Is.EqualTo(forward), "forward");
            Assert.That(TileChoice.OfRows(GatherPlan.InputGradient(geometry, 0, 0), 1), Is.EqualTo(inputGradient), "input gradient, of the first class of pixels");
            Assert.That(TileChoice.OfColumns(GatherPlan.Forward(geometry), 1), Is.EqualTo(weightGradient), "weight gradient");
        });
    }

    // 36 products of the patches of a stage.
    [TestCase(128 * 8 * 8, 64, 64, TileKind.Tile8x8Narrow)]
    [TestCase(128 * 4 * 4, 128, 128, TileKind.Tile8x8Narrow)]
    [TestCase(128 * 2 * 2, 256, 256, TileKind.Tile8x8Narrow)]
    [TestCase(128, 512, 512, TileKind.Tile8x8Narrow)]
    public void Of_minimal_filtering(int patches, int channels, int filters, object tile) =>
        Assert.That(TileChoice.OfRows(GatherPlan.Product(patches, filters, channels, hasBias: false), 36), Is.EqualTo(tile));

    /// <summary>Slices within taps need whole slices of channels, at most 128 taps and at most 16 to a side; the input gradient's channels are the filters.</summary>
    [TestCase(16, 48, 7, 7, 2, true, true)]
    [TestCase(16, 48, 11, 11, 1, true, true)]
    [TestCase(16, 48, 16, 8, 1, true, true)]
    [TestCase(16, 48, 12, 12, 1, false, false)]
    [TestCase(16, 48, 17, 1, 1, false, false)]
    [TestCase(16, 48, 1, 17, 1, false, false)]
    [TestCase(16, 48, 17, 1, 2, false, true)] // nine taps of each class of rows
    [TestCase(12, 48, 3, 3, 1, false, true)]
    [TestCase(16, 36, 3, 3, 1, true, false)]
    public void Slices_within_taps(int channels, int filters, int r, int s, int stride, bool forward, bool inputGradient)
    {
        var geometry = new ConvGeometry(1, 40, 40, channels, filters, r, s, stride, 0);
        Assert.That(TapRowSlices.Take<Tile8x8>(GatherPlan.Forward(geometry)), Is.EqualTo(forward), "forward");
        Assert.That(TapRowSlices.Take<Tile8x8>(GatherPlan.InputGradient(geometry, 0, 0)), Is.EqualTo(inputGradient), "input gradient");
        Assert.That(TapRowSlices.Take<Tile4x4>(GatherPlan.Forward(geometry with { C = 24 })), Is.False, "slices of sixteen");
    }

    [Test]
    public void Of_a_product_with_short_sums_or_odd_columns()
    {
        Assert.That(TileChoice.OfRows(GatherPlan.Product(100_000, 128, 60, hasBias: false), 1), Is.EqualTo(TileKind.Tile8x4));
        Assert.That(TileChoice.OfRows(GatherPlan.Product(100_000, 126, 64, hasBias: false), 1), Is.EqualTo(TileKind.Tile8x4));
        Assert.That(TileChoice.OfRows(GatherPlan.Product(100_000, 16, 64, hasBias: false), 36), Is.EqualTo(TileKind.Tile8x8Narrow), "a batch, however narrow");
        Assert.That(TileChoice.OfColumns(GatherPlan.Product(100_000, 16, 64, hasBias: false), 36), Is.EqualTo(TileKind.Tile8x8Narrow), "a batch, however narrow");
        Assert.That(TileChoice.OfRows(GatherPlan.Product(100_000, 192, 64, hasBias: false), 1), Is.EqualTo(TileKind.Tile8x8Narrow), "three halves of a wide tile");
        Assert.That(TileChoice.OfColumns(GatherPlan.Product(63, 128, 128, hasBias: false), 1), Is.EqualTo(TileKind.Tile8x4));
    }
}

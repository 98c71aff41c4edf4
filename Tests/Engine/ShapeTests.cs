namespace LpcEngine.Tests.Engine;

/// <summary>Sizes near and beyond the limits, without the memory that they would take.</summary>
public sealed class ShapeTests
{
    [Test]
    public void A_product_that_wraps_in_64_bits_is_refused()
    {
        Assert.That(() => new Shape(65536, 65536, 65536, 65536), Throws.TypeOf<ShapeException>().With.Message.Contains("65536").And.Message.Not.Contains(" 0 elements"));
        Assert.That(() => new Shape(int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue), Throws.TypeOf<ShapeException>());
        Assert.That(() => new Shape(3, 3, 160_000, 160_000), Throws.TypeOf<ShapeException>().With.Message.Contains("width"));
        Assert.That(() => new Shape(1 << 16, 1 << 15), Throws.TypeOf<ShapeException>());
    }

    [Test]
    public void The_largest_shapes_count_right()
    {
        Assert.That(new Shape(int.MaxValue).Count, Is.EqualTo(int.MaxValue));
        Assert.That(new Shape(1, 2, 1, (1 << 30) - 1).Count, Is.EqualTo(int.MaxValue - 1));
        Assert.That(Shape.Scalar.Count, Is.EqualTo(1));
        Assert.That(new Shape(2, 3, 4, 5).Count, Is.EqualTo(120));
    }

    [TestCase(0, 4, 0)]
    [TestCase(1, 4, 1)]
    [TestCase(8, 4, 2)]
    [TestCase(9, 4, 3)]
    [TestCase(int.MaxValue, 32 * 1024, 65536)]
    [TestCase(int.MaxValue, 1, int.MaxValue)]
    [TestCase(5L << 31, 1 << 20, 10240)]
    [TestCase(long.MaxValue, long.MaxValue, 1)]
    public void Tiles_are_counted_without_wrapping(long extent, long tile, int expected) => Assert.That(Tiling.Count(extent, tile), Is.EqualTo(expected));

    [Test]
    public void The_last_tile_ends_with_the_whole()
    {
        Assert.That((Tiling.End(0, 4, 9), Tiling.End(1, 4, 9), Tiling.End(2, 4, 9)), Is.EqualTo((4, 8, 9)));
        Assert.That(Tiling.End(65535, 32 * 1024, int.MaxValue), Is.EqualTo(int.MaxValue));
    }

    [Test]
    public void Too_many_tiles_and_too_large_multiples_are_refused()
    {
        Assert.That(() => Tiling.Count(1L << 31, 1), Throws.TypeOf<OverflowException>());
        Assert.That(() => Tiling.RoundUp(int.MaxValue, 2), Throws.TypeOf<OverflowException>());
        Assert.That(Tiling.RoundUp((long)int.MaxValue, 2), Is.EqualTo(1L << 31));
        Assert.That((Tiling.RoundUp(0, 64), Tiling.RoundUp(1, 64), Tiling.RoundUp(64, 64), Tiling.RoundUp(65, 64)), Is.EqualTo((0, 64, 64, 128)));
    }

    [Test]
    public void Axes_that_are_no_permutation_are_refused()
    {
        var shape = new Shape(2, 3, 4);
        var values = new float[24];
        foreach (int[] axes in new int[][] { [0, 1, 1], [0, 1, 3], [-1, 1, 2], [0, 1], [0, 1, 2, 3], [2, 2, 2] })
            Assert.That(() => AxisOrder.Permute(values, shape, axes), Throws.ArgumentException, string.Join(' ', axes));
        Assert.That(AxisOrder.Permute<int>([1, 2, 3, 4, 5, 6], new Shape(2, 3), [1, 0]), Is.EqualTo(new[] { 1, 4, 2, 5, 3, 6 }));
    }
}

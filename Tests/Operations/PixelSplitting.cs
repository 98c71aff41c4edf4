namespace LpcEngine.Tests.Operations;

/// <summary>Into how many pieces sums over pixels are cut.</summary>
public sealed class PixelSplitting
{
    [TestCase(144, 256, 2048, 13, 3, TestName = "Tiles that would fill half of the second wave are cut in three")]
    [TestCase(264, 256, 1 << 20, 13, 1, TestName = "A full wave is left whole")]
    [TestCase(1, 256, 512, 13, 1, TestName = "Short sums are left whole")]
    [TestCase(1, 256, 1 << 20, 13, 264, TestName = "One tile with a long sum fills a wave")]
    [TestCase(1, 128, 1 << 20, 13, 528, TestName = "Smaller groups, twice as many")]
    [TestCase(5, 256, 131072, 1e6, 1, TestName = "Where memory is slow, nothing is cut")]
    public void Cuts(int tiles, int threads, int pixels, double intensity, int expected) => Assert.That(PixelSplits.Choose(tiles, threads, pixels, intensity), Is.EqualTo(expected));

    [Test]
    public void No_number_of_pieces_is_cheaper_than_the_one_chosen([Values(1, 2, 5, 9, 36, 72, 144, 300, 1000)] int tiles, [Values(600, 8192, 131072)] int pixels, [Values(13.0, 45.0, 130.0)] double intensity)
    {
        double Cost(int splits)
        {
            var waves = (tiles * splits + 263) / 264;
            return 264.0 * waves / (tiles * splits) + 4 * intensity * splits / pixels;
        }

        var chosen = PixelSplits.Choose(tiles, 256, pixels, intensity);
        Assert.That(chosen, Is.InRange(1, Math.Max(1, pixels / 512)));
        for (var splits = 1; splits <= Math.Min(pixels / 512, 1056 / tiles); splits++) Assert.That(Cost(splits), Is.GreaterThanOrEqualTo(Cost(chosen) - 1e-9), $"{splits} pieces");
    }
}

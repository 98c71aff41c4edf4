namespace LpcEngine.Tests.Operations;

/// <summary>Into how many pieces sums over pixels are cut, for shapes whose answer can be found by hand.</summary>
public sealed class PixelSplitting
{
    [TestCase(144, 2, 2048, 13, 3, TestName = "Tiles that would fill half of the second wave are cut in three")]
    [TestCase(264, 2, 1 << 20, 13, 1, TestName = "A full wave is left whole")]
    [TestCase(1, 2, 512, 13, 1, TestName = "Short sums are left whole")]
    [TestCase(1, 2, 1 << 20, 13, 264, TestName = "One tile with a long sum fills a wave")]
    [TestCase(1, 4, 1 << 20, 13, 528, TestName = "Smaller groups, twice as many")]
    [TestCase(5, 3, 131072, 130, 79, TestName = "Three groups to a processor are filled")]
    [TestCase(5, 2, 131072, 1e6, 1, TestName = "Where memory is slow, nothing is cut")]
    public void Cuts(int tiles, int groupsPerProcessor, int pixels, double intensity, int expected) =>
        Assert.That(PixelSplits.Choose(tiles, groupsPerProcessor, pixels, intensity), Is.EqualTo(expected));
}

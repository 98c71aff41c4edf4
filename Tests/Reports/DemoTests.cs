using LpcEngine.Tests.Experiments;
using SkiaSharp;

namespace LpcEngine.Tests.Reports;

/// <summary>The verb demo: the collapse in two dimensions as a picture.</summary>
public sealed class DemoTests
{
    [Test]
    public void The_picture_has_four_panels_and_the_line_says_what_they_show()
    {
        using var folder = new TemporaryFolder();
        var path = folder["two.png"];
        var line = Cli.Succeed("demo", "--out", path).Trim();
        Assert.That(line.Split('\n'), Has.Length.EqualTo(1));
        Assert.That(line, Does.Contain(path).And.Contain("gamma 0.01:").And.Contain("gamma 1:").And.Contain("gamma 10:").And.Contain("gamma 100:"));
        using var picture = SKBitmap.Decode(path);
        for (var panel = 0; panel < 4; panel++)
            Assert.That(Colours(picture, panel % 2, panel / 2), Is.GreaterThan(4), $"panel {panel} holds points of four classes");
    }

    [TestCase("picture.gif", ".png")]
    [TestCase(".", "folder")]
    [TestCase("missing/two.png", "missing")]
    public void What_is_no_place_for_a_picture_is_refused(string path, string word) => Assert.That(Cli.Refuse("demo", "--out", path), Does.Contain(word));

    private static int Colours(SKBitmap picture, int column, int row)
    {
        var (width, height) = (picture.Width / 2, picture.Height / 2);
        var colours = new HashSet<SKColor>();
        for (var y = 0; y < height; y += 3)
            for (var x = 0; x < width; x += 3)
                if (picture.GetPixel(column * width + x, row * height + y) is var colour && Math.Max(colour.Red, Math.Max(colour.Green, colour.Blue)) - Math.Min(colour.Red, Math.Min(colour.Green, colour.Blue)) > 60) colours.Add(colour);
        return colours.Count;
    }
}

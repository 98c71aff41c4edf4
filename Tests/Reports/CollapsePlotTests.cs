using LpcEngine.Experiments.Metrics;
using LpcEngine.Experiments.Reports;
using LpcEngine.Tests.Support;
using SkiaSharp;

namespace LpcEngine.Tests.Reports;

internal sealed class CollapsePlotTests
{
    [Test]
    public void Four_panels_are_drawn_with_words()
    {
        using var folder = new TemporaryFolder();
        CollapsePlot.Write(folder["p.png"], Curves(30));
        using var image = SKBitmap.Decode(folder["p.png"]);
        Assert.That(image.GetPixel(2, 2), Is.EqualTo(SKColors.White), "light ground");
        for (int panel = 0; panel < 4; panel++)
        {
            int left = panel % 2 * image.Width / 2, top = panel / 2 * image.Height / 2;
            Assert.That(Dark(image, left, top, image.Width / 2, image.Height / 2), Is.GreaterThan(1000), $"panel {panel}");
        }

        // Without a font the title strip would be empty: there is nothing else in it.
        Assert.That(Dark(image, 0, 0, image.Width, 45), Is.GreaterThan(200), "the title can be read");
    }

    [Test]
    public void Nothing_to_show_is_no_reason_to_fail()
    {
        using var folder = new TemporaryFolder();
        var nothing = new Curve("x", [], []);
        var nan = new Curve("x", [1, 2], [double.NaN, double.NegativeInfinity]);
        CollapsePlot.Write(folder["a.png"], new CollapseCurves("empty", [], [], null, [], [], null, []));
        CollapsePlot.Write(folder["b.png"], new CollapseCurves("empty", [nothing], [nan], nan, [nan], [nan], null, []));
        CollapsePlot.Write(folder["c.png"], Curves(1));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(3));
    }

    [Test]
    public void A_folder_that_cannot_be_written_is_one_line() =>
        UserErrors.Expect(() => CollapsePlot.Write("/no/such/folder/p.png", Curves(2)), "/no/such/folder/p.png");

    private static CollapseCurves Curves(int epochs)
    {
        double[] x = [.. Enumerable.Range(1, epochs).Select(e => (double)e)];
        Curve Line(string name, Func<double, double> f) => new(name, x, [.. x.Select(f)]);
        var latents = new LatentSet([0f, 1, 1, 0, -1, 0, 0, -1], 2, [0, 1, 0, 1], 2);
        return new CollapseCurves(
            "cifar10 lpc-narrow",
            [Line("train", e => 1 - (0.5 / e))],
            [Line("train", e => 2 / e)],
            Line("γ", e => Math.Pow(2, e)),
            [Line("ratio", e => e)],
            [Line("trace", e => Math.Pow(0.5, e))],
            PrincipalComponents.Project(latents),
            ["cat", "dog"]);
    }

    private static int Dark(SKBitmap image, int left, int top, int width, int height)
    {
        int dark = 0;
        for (int y = top; y < top + height; y++)
        {
            for (int x = left; x < left + width; x++)
            {
                dark += image.GetPixel(x, y).Red < 128 ? 1 : 0;
            }
        }

        return dark;
    }
}

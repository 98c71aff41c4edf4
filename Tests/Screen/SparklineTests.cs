using System.Text.Json.Nodes;
using LpcEngine.Experiments.Screen;

namespace LpcEngine.Tests.Screen;

/// <summary>Curves in a line of text.</summary>
internal sealed class SparklineTests
{
    [Test]
    public void Eight_heights_from_the_least_to_the_greatest()
    {
        Assert.That(Sparkline.Text([0, 1, 2, 3, 4, 5, 6, 7], 8), Is.EqualTo("▁▂▃▄▅▆▇█"));
        Assert.That(Sparkline.Text([1, -1], 8), Is.EqualTo("█▁"));
    }

    [Test]
    public void Logarithms_give_equal_ratios_equal_steps()
    {
        Assert.That(Sparkline.Text([1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 10, 1], 8, logarithmic: true), Is.EqualTo("█▇▆▅▄▃▂▁"));
        Assert.That(Sparkline.Text([1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 10, 1], 8), Is.EqualTo("█▂▁▁▁▁▁▁"));
    }

    [Test]
    public void More_values_than_columns_are_joined_to_means()
    {
        Assert.That(Sparkline.Text([0, 2, 7, 9], 2), Is.EqualTo("▁█"));
        // Means of equal shares of a straight line lie on a line.
        Assert.That(Sparkline.Text([.. Enumerable.Range(0, 800).Select(i => (double)i)], 8), Is.EqualTo("▁▂▃▄▅▆▇█"));
    }

    [Test]
    public void What_cannot_be_drawn_is_left_out()
    {
        Assert.That(Sparkline.Text([double.NaN, 1, double.PositiveInfinity, 2], 8), Is.EqualTo("▁█"));
        Assert.That(Sparkline.Text([0, -3, 1, 10], 8, logarithmic: true), Is.EqualTo("▁█"));
        Assert.That(Sparkline.Text([], 8), Is.Empty);
        Assert.That(Sparkline.Text([1, 2], 0), Is.Empty);
        Assert.That(Sparkline.Text([1, 2], -3), Is.Empty);
        Assert.That(Sparkline.Text([3, 3, 3], 8), Is.EqualTo("▅▅▅"));
    }

    [Test]
    public void A_run_that_goes_on_has_the_curves_of_its_beginning()
    {
        var curves = new RunCurves();
        Assert.That(curves.Lines(100), Is.Empty);
        curves.Begin([
            new JsonObject { ["split"] = "train", ["sigma_w_relative"] = 1.5 },
            new JsonObject { ["split"] = "test", ["accuracy"] = 0.25, ["sigma_w_relative"] = 9 },
            new JsonObject { ["split"] = "step", ["loss"] = 3 },
            new JsonObject { ["split"] = "train", ["sigma_w_relative"] = null },
        ]);
        Assert.That(curves.Lines(100), Is.Empty, "one value is no curve");
        curves.Add(0.0125, 0.75);
        curves.Add(null, null);
        var lines = curves.Lines(100).Select(line => line.ToString()).ToArray();
        Assert.That(lines, Is.EqualTo(new[] { "collapse  █▁  1.5 → 0.0125  within-class variance / squared norm", "accuracy  ▁█  25.0% → 75.0%  of the test images" }));
    }

    [Test]
    public void Curves_fit_the_terminal()
    {
        var curves = new RunCurves();
        for (var i = 0; i < 1000; i++) curves.Add(1.2345e-5 * (i + 1), 1);
        foreach (var columns in (int[])[200, 100, 79, 60, 40])
            Assert.That(curves.Lines(columns).Select(line => line.ToString().Length), Has.All.LessThanOrEqualTo(columns), $"{columns}");
        Assert.That(curves.Lines(79)[0].ToString(), Does.Contain("1.23e-05 → 0.0123").And.Match("[▁-█]{30}"));
    }
}

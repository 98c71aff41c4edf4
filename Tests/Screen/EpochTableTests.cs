using LpcEngine.Experiments.Screen;

namespace LpcEngine.Tests.Screen;

/// <summary>The table of epochs and its running line fit the terminal.</summary>
internal sealed class EpochTableTests
{
    // The longest form that each number takes.
    private static readonly EpochRow Longest = new(800, 1.2345e-5, 1.2345e-5, 123456, 1, 12345, 3599)
    {
        Test = 0.99999, Ratio = 999.99, Trace = 1.2345e-5, NormVariation = 0.1234,
    };

    [Test]
    public void Everything_fits_into_eighty_columns()
    {
        var table = EpochTable.For(80);
        Assert.That(table.Head, Has.Length.LessThanOrEqualTo(80));
        foreach (var row in (EpochRow[])[Longest, Longest with { Ratio = 54321, Left = 86399 }, Longest with { Left = 400.0 * 86400 }, Longest with { Left = null, Test = null, Trace = null }])
        {
            Assert.That(table.Line(row), Has.Length.EqualTo(table.Head.Length), table.Line(row));
            Assert.That(table.LiveLine(row, 0.5, 79).ToString(), Has.Length.LessThanOrEqualTo(79).And.EndsWith(" left").And.Contain("img/s").And.Contain("━╌"));
        }
    }

    [Test]
    public void More_room_is_used()
    {
        var (narrow, wide) = (EpochTable.For(80), EpochTable.For(120));
        Assert.That(wide.Head, Has.Length.InRange(narrow.Head.Length + 1, 120));
        Assert.That(wide.Line(Longest), Has.Length.EqualTo(wide.Head.Length).And.Contain("1.234e-05").Or.Contain("1.235e-05"));
        Assert.That(wide.LiveLine(Longest, 0.5, 119).ToString(), Has.Length.InRange(80, 119));
    }

    [Test]
    public void The_bar_goes_before_the_time_left_does()
    {
        var line = EpochTable.For(70).LiveLine(Longest, 0.5, 69).ToString();
        Assert.That(line, Does.EndWith("59m 59s left").And.Not.Contain("━"));
        Assert.That(EpochTable.For(20).LiveLine(Longest, 0.5, 19).ToString(), Has.Length.EqualTo(19));
    }
}

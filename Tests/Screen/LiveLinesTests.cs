using LpcEngine.Experiments.Screen;
using Spectre.Console;

namespace LpcEngine.Tests.Screen;

/// <summary>What is left on the terminal by lines that stay and lines that renew themselves.</summary>
internal sealed class LiveLinesTests
{
    [Test]
    public void Renewing_lines_stay_below_those_that_stay_whatever_their_lengths()
    {
        var terminal = new FakeTerminal(40);
        var lines = new LiveLines(terminal.Console());
        lines.Write("head");
        lines.Show("a long line that is going to be shorter", "second", "third");
        lines.Show("short", "second");
        Assert.That(TerminalPicture.Of(terminal.Text), Is.EqualTo(new[] { "head", "short", "second", "" }));
        lines.Write("one");
        lines.Write("two, longer than what it is written over");
        Assert.That(TerminalPicture.Of(terminal.Text), Is.EqualTo(new[] { "head", "one", "two, longer than what it is written over", "short", "second", "" }));
        lines.Show("x");
        lines.Erase();
        lines.Write("end");
        Assert.That(TerminalPicture.Of(terminal.Text), Is.EqualTo(new[] { "head", "one", "two, longer than what it is written over", "end", "" }));
    }

    [Test]
    public void A_renewing_line_is_cut_where_the_terminal_would_break_it()
    {
        var terminal = new FakeTerminal(10);
        var lines = new LiveLines(terminal.Console());
        lines.Show(new StyledLine(("12345", Tone.Accent), ("67890", Tone.Faint), ("abc", Tone.Plain)));
        lines.Show("next");
        Assert.That(TerminalPicture.Of(terminal.Text), Is.EqualTo(new[] { "next", "" }));
        Assert.That(terminal.Text, Does.Contain("6789").And.Not.Contain("67890"));
    }

    [Test]
    public void A_line_as_wide_as_the_terminal_keeps_its_last_character()
    {
        var terminal = new FakeTerminal(20);
        var lines = new LiveLines(terminal.Console());
        lines.Show("running");
        lines.Write("exactly twenty chars");
        lines.Write(new string('x', 40));
        lines.Show("still running");
        Assert.That(TerminalPicture.Of(terminal.Text, 20), Is.EqualTo(new[] { "exactly twenty chars", new string('x', 20), new string('x', 20), "still running", "" }));
    }

    [Test]
    public void A_terminal_that_became_narrower_has_no_rubbish()
    {
        var terminal = new FakeTerminal(20);
        var lines = new LiveLines(terminal.Console());
        lines.Show("a line of 18 chars", "short");
        terminal.Width = 10;
        var before = TerminalPicture.Of(terminal.Text, 20).SelectMany(line => line.Length > 10 ? new[] { line[..10], line[10..] } : [line]).ToArray();
        var from = terminal.Text.Length;
        lines.Show("next");
        Assert.That(TerminalPicture.Of(string.Join("\n", before) + terminal.Text[from..], 10), Is.EqualTo(new[] { "next", "" }));
    }

    [Test]
    public void A_terminal_of_one_row_or_a_few_columns_is_no_trouble()
    {
        var terminal = new FakeTerminal(4) { Height = 1 };
        var lines = new LiveLines(terminal.Console());
        lines.Show("running");
        Assert.That(terminal.Text, Is.Empty);
        lines.Write(StyledLine.Named("device", "cpu \u001b[2J two"));
        Assert.That(TerminalPicture.Of(terminal.Text), Is.EqualTo(new[] { "device", "", "cpu", "?[2J", "two", "" }).Or.EqualTo(new[] { "device", "cpu", "?[2J", "two", "" }).Or.EqualTo(new[] { "device", "", "", "cpu", "?[2J", "two", "" }));
    }

    [Test]
    public void A_line_that_stays_is_broken_between_words_right_of_its_name()
    {
        var terminal = new FakeTerminal(24);
        var lines = new LiveLines(terminal.Console());
        lines.Write(StyledLine.Named("time", "one two three four five", Tone.Warning));
        lines.Write(StyledLine.Named("folder", "a-name-without-any-room-for-it and more"));
        lines.Write("exactly twenty-four cols");
        lines.Write("exactly twenty-five colsX");
        lines.Write("");
        lines.Write(new string('x', 60));
        Assert.That(TerminalPicture.Of(terminal.Text), Is.EqualTo(new[]
        {
            "time      one two three", "          four five",
            "folder    a-name-without-any-room-for-it", "          and more",
            "exactly twenty-four cols", "exactly twenty-five", "colsX", "", new string('x', 60), "",
        }));
    }

    [Test]
    public void More_renewing_lines_than_the_terminal_is_high_are_cut()
    {
        var terminal = new FakeTerminal(40);
        new LiveLines(terminal.Console()).Show([.. Enumerable.Range(0, 100).Select(i => (StyledLine)$"{i}")]);
        Assert.That(TerminalPicture.Of(terminal.Text), Has.Length.LessThan(terminal.Height));
    }

    [TestCase(ColorSystemSupport.NoColors, false, false)]
    [TestCase(ColorSystemSupport.Standard, false, true)]
    [TestCase(ColorSystemSupport.EightBit, true, true)]
    [TestCase(ColorSystemSupport.TrueColor, true, true)]
    public void Colours_are_those_that_no_theme_changes_or_none(ColorSystemSupport system, bool coloured, bool bold)
    {
        var terminal = new FakeTerminal(80) { Colours = system };
        var line = new StyledLine([.. Enum.GetValues<Tone>().Select(tone => ($"{tone} ", tone))]);
        new LiveLines(terminal.Console()).Write(line);
        Assert.That(TerminalPicture.Of(terminal.Text)[0], Is.EqualTo("Plain Strong Faint Accent Warning Problem"));
        Assert.That(terminal.Text.Contains("38;5;30m") || terminal.Text.Contains("38;2;0;135;135m"), Is.EqualTo(coloured));
        Assert.That(terminal.Text, Does.Not.Match("\u001b\\[(1;)?(3[0-7]|9[0-7])m"), "one of the sixteen colours of the theme");
        if (bold) Assert.That(terminal.Text, Does.Match("\u001b\\[1[m;]"));
    }

    [TestCase(0x000000, "black")]
    [TestCase(0xffffff, "white")]
    [TestCase(0x002b36, "Solarized dark")]
    [TestCase(0xfdf6e3, "Solarized light")]
    [TestCase(0x282a36, "Dracula")]
    [TestCase(0x282c34, "One Dark")]
    [TestCase(0x1e1e1e, "Visual Studio Code dark")]
    [TestCase(0x300a24, "Ubuntu")]
    [TestCase(0xfafafa, "One Light")]
    public void Every_colour_can_be_read_on_the_ground(int ground, string name)
    {
        foreach (var tone in Enum.GetValues<Tone>())
        {
            var colour = Palette.Of(tone, ColorSystem.TrueColor).Foreground;
            if (colour == Color.Default) continue;
            var (a, b) = (Luminance(colour.R, colour.G, colour.B), Luminance(ground >> 16, (ground >> 8) & 255, ground & 255));
            Assert.That((Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05), Is.GreaterThan(3), $"{tone} on {name}");
        }
    }

    // WCAG 2.1: relative luminance of an sRGB colour.
    private static double Luminance(int red, int green, int blue) => 0.2126 * Linear(red) + 0.7152 * Linear(green) + 0.0722 * Linear(blue);

    private static double Linear(int channel) => channel / 255.0 <= 0.03928 ? channel / 255.0 / 12.92 : Math.Pow((channel / 255.0 + 0.055) / 1.055, 2.4);
}

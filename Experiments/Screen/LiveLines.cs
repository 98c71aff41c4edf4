using Spectre.Console;

namespace LpcEngine.Experiments.Screen;

/// <summary>Lines at the end of a terminal that renew themselves, below lines that stay. Without a terminal there are only lines that stay.</summary>
/// <remarks>What changes on the screen goes out in one piece, old lines overwritten rather than taken away first, so that nothing flickers.</remarks>
internal sealed class LiveLines(IAnsiConsole console)
{
    private const int ToItsEnd = 0;

    private IReadOnlyList<StyledLine> shown = [];
    private int shownWidth;

    /// <summary>Whether lines can renew themselves here.</summary>
    public bool IsLive => console.Profile.Out.IsTerminal && console.Profile.Capabilities.Ansi;

    /// <summary>Whether curves and bars can be drawn here.</summary>
    public bool Draws => IsLive && console.Profile.Capabilities.Unicode;

    /// <summary>Columns that a renewing line may have.</summary>
    public int Width => Math.Max(1, console.Profile.Width - 1);

    /// <summary>Writes a line that stays, above the renewing ones.</summary>
    public void Write(StyledLine line) => Renew(line, shown);

    /// <summary>Shows these lines in place of the last ones; what does not fit the terminal is cut.</summary>
    public void Show(params IReadOnlyList<StyledLine> lines)
    {
        // On a terminal of one row every renewal would scroll.
        if (IsLive && console.Profile.Height > 1) Renew(null, [.. lines.Take(Math.Max(1, console.Profile.Height - 2))]);
    }

    /// <summary>Takes the renewing lines away.</summary>
    public void Erase()
    {
        if (shown.Count > 0) Renew(null, []);
    }

    private void Renew(StyledLine? staying, IReadOnlyList<StyledLine> below)
    {
        var text = new StringWriter();
        // Past Spectre's console, which would break lines at 80 columns where there's no terminal.
        var writer = new AnsiWriter(text, (AnsiCapabilities)console.Profile.Capabilities);
        if (shown.Count > 0) writer.Write("\r").CursorUp(Rows());
        foreach (var line in staying is null ? [] : IsLive ? staying.Wrapped(console.Profile.Width) : [staying]) Line(writer, line);
        foreach (var line in below) Line(writer, line.Cut(Width));
        if (shown.Count > 0) writer.EraseInDisplay(ToItsEnd);
        (shown, shownWidth) = (below, console.Profile.Width);
        console.Profile.Out.Writer.Write(text);
        console.Profile.Out.Writer.Flush();
    }

    // A terminal that has become narrower has broken what was shown into more rows.
    private int Rows()
    {
        var width = Math.Max(1, console.Profile.Width);
        return width >= shownWidth ? shown.Count : shown.Sum(line => Math.Max(1, (line.Cut(shownWidth - 1).ToString().Length + width - 1) / width));
    }

    private void Line(AnsiWriter writer, StyledLine line)
    {
        // A line that was longer before leaves nothing behind. Not after the text: with its last character in the last column the cursor still stands on it.
        if (shown.Count > 0) writer.EraseInLine(ToItsEnd);
        if (IsLive) line.Write(writer);
        else writer.Write(line.ToString());
        writer.WriteLine();
    }
}

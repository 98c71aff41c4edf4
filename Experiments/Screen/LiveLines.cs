using Spectre.Console;

namespace LpcEngine.Experiments.Screen;

/// <summary>Lines at the end of a terminal that renew themselves, below lines that stay. Without a terminal there are only lines that stay.</summary>
internal sealed class LiveLines(IAnsiConsole console)
{
    private int shown;

    /// <summary>Whether lines can renew themselves here.</summary>
    public bool IsLive => console.Profile.Out.IsTerminal && console.Profile.Capabilities.Ansi;

    /// <summary>Writes a line that stays.</summary>
    public void Write(string line)
    {
        Erase();
        // Past Spectre's own writer, which would break lines at 80 columns where there's no terminal.
        console.Profile.Out.Writer.WriteLine(line);
    }

    /// <summary>Shows these lines in place of the last ones; what does not fit the terminal is cut.</summary>
    public void Show(IReadOnlyList<string> lines)
    {
        if (!IsLive) return;
        Erase();
        var (width, height) = (Math.Max(1, console.Profile.Width - 1), Math.Max(1, console.Profile.Height - 2));
        foreach (var line in lines.Take(height)) console.Profile.Out.Writer.WriteLine(line.Length > width ? line[..width] : line);
        shown = Math.Min(lines.Count, height);
    }

    /// <summary>Takes the renewing lines away.</summary>
    public void Erase()
    {
        // Up, and "erase to the end of the screen".
        if (shown > 0) console.Profile.Out.Writer.Write($"\r\u001b[{shown}A\u001b[J");
        shown = 0;
    }
}

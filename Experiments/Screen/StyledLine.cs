using LpcEngine.Engine;
using Spectre.Console;

namespace LpcEngine.Experiments.Screen;

/// <summary>A line of the screen: pieces of text with their tones. As a string it is the text alone, which is what log.txt and plain screens get.</summary>
internal sealed class StyledLine(params (string Text, Tone Tone)[] pieces)
{
    /// <summary>How wide the names are that lines begin with.</summary>
    public const int NameWidth = 10;

    private readonly (string Text, Tone Tone)[] pieces = [.. pieces.Select(piece => (PlainText.Of(piece.Text), piece.Tone))];
    private int hanging;

    /// <summary>A line in the terminal's own colour.</summary>
    public static implicit operator StyledLine(string text) => new((text, Tone.Plain));

    /// <summary>A name, and what is to be said of it.</summary>
    public static StyledLine Named(string name, string text, Tone tone = Tone.Plain) =>
        new((name.PadRight(NameWidth), Tone.Faint), (text, tone)) { hanging = NameWidth };

    /// <summary>The same line, at most so many columns long.</summary>
    public StyledLine Cut(int columns) => Slice(0, Math.Max(0, columns));

    /// <summary>The same line, broken between words where a terminal would break it anywhere; what follows a name stays right of it. A word that is longer than a line stays whole.</summary>
    /// <param name="columns">Columns of the terminal.</param>
    public IEnumerable<StyledLine> Wrapped(int columns)
    {
        var text = ToString();
        var hanging = columns > 2 * this.hanging ? this.hanging : 0;
        for (var (from, indent) = (0, 0); from < text.Length || from == 0; indent = hanging)
        {
            var room = Math.Max(1, columns - indent);
            var to = text.Length - from <= room ? text.Length : text.LastIndexOf(' ', from + room, room);
            if (to <= from + (from == 0 ? hanging : 0)) to = text.IndexOf(' ', Math.Min(text.Length, from + room));
            if (to < 0) to = text.Length;
            yield return from == 0 ? Slice(0, to) : new StyledLine([(new string(' ', indent), Tone.Plain), .. Slice(from, to).pieces]);
            from = to + 1;
        }
    }

    private StyledLine Slice(int from, int to)
    {
        var start = 0;
        var parts = new List<(string, Tone)>();
        foreach (var (text, tone) in pieces)
        {
            var (first, last) = (Math.Clamp(from - start, 0, text.Length), Math.Clamp(to - start, 0, text.Length));
            parts.Add((text[first..last], tone));
            start += text.Length;
        }
        return new([.. parts]) { hanging = hanging };
    }

    /// <summary>Writes it with its colours, as far as the terminal has them.</summary>
    public void Write(AnsiWriter writer)
    {
        foreach (var (text, tone) in pieces.Where(piece => piece.Text.Length > 0))
        {
            var style = Palette.Of(tone, writer.Capabilities.ColorSystem);
            if (tone == Tone.Plain) writer.Write(text);
            else writer.Write(text, style);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => string.Concat(pieces.Select(piece => piece.Text)).TrimEnd();
}

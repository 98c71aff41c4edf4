using Spectre.Console;

namespace LpcEngine.Experiments.Screen;

/// <summary>A line of the screen: pieces of text with their tones. As a string it is the text alone, which is what log.txt and plain screens get.</summary>
internal sealed class StyledLine(params (string Text, Tone Tone)[] pieces)
{
    /// <summary>How wide the names are that lines begin with.</summary>
    private const int NameWidth = 10;

    /// <summary>A line in the terminal's own colour.</summary>
    public static implicit operator StyledLine(string text) => new((text, Tone.Plain));

    /// <summary>A name, and what is to be said of it.</summary>
    public static StyledLine Named(string name, string text, Tone tone = Tone.Plain) => new((name.PadRight(NameWidth), Tone.Faint), (text, tone));

    /// <summary>The same line, at most so many columns long.</summary>
    public StyledLine Cut(int columns)
    {
        var left = Math.Max(0, columns);
        return new([.. pieces.Select(piece =>
        {
            var text = piece.Text[..Math.Min(piece.Text.Length, left)];
            left -= text.Length;
            return (text, piece.Tone);
        })]);
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

using Spectre.Console;

namespace LpcEngine.Experiments.Screen;

/// <summary>The colours of the tones, readable on dark and on light ground.</summary>
/// <remarks>
/// Nobody tells a program the colour of the terminal's ground, so each colour keeps a contrast of 3 : 1 (WCAG 2.1, 1.4.11) with black, white and the grounds of common themes. The first sixteen colours are
/// whatever the theme makes of them; the 240 others are fixed, and only those are used. A terminal that has sixteen gets bold letters alone. Nothing is coloured where <c>NO_COLOR</c> is set,
/// where <c>TERM</c> is <c>dumb</c>, or where there's no terminal.
/// </remarks>
internal static class Palette
{
    private static readonly Dictionary<Tone, Style> Coloured = new()
    {
        [Tone.Plain] = Style.Plain,
        [Tone.Strong] = new(decoration: Decoration.Bold),
        [Tone.Faint] = new(Color.FromInt32(244)), // #808080
        [Tone.Accent] = new(Color.FromInt32(30)), // #008787, a teal
        [Tone.Warning] = new(Color.FromInt32(166), decoration: Decoration.Bold), // #d75f00, an orange
        [Tone.Problem] = new(Color.FromInt32(196), decoration: Decoration.Bold), // #ff0000
    };

    /// <summary>How a tone is written.</summary>
    /// <param name="tone">The tone.</param>
    /// <param name="colours">What the terminal can do.</param>
    public static Style Of(Tone tone, ColorSystem colours) =>
        colours >= ColorSystem.EightBit ? Coloured[tone] : new Style(decoration: Coloured[tone].Decoration);
}

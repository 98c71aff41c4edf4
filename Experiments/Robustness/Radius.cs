using System.Globalization;

namespace LpcEngine.Experiments.Robustness;

/// <summary>The radius of a ball around an image, or another size of a perturbation.</summary>
/// <param name="Text">As the user wrote it, which also names the result: 0.25, 8/255.</param>
/// <param name="Value">In units of pixels, of which black is 0 and white 1; for float images in their own units.</param>
internal readonly record struct Radius(string Text, double Value)
{
    /// <summary>Reads a list such as "0.1,0.25" or "1/255,8/255".</summary>
    /// <returns>The radii, smallest first; null where one is no finite number above 0, or comes twice.</returns>
    public static IReadOnlyList<Radius>? ParseList(string text)
    {
        var radii = text.Split(',', StringSplitOptions.TrimEntries).Select(part => new Radius(part, ValueOf(part))).OrderBy(radius => radius.Value).ToArray();
        var areGood = radii.All(radius => radius.Value > 0 && double.IsFinite(radius.Value)) && radii.DistinctBy(radius => radius.Value).Count() == radii.Length;
        return areGood ? radii : null;
    }

    /// <summary>Reads a list that is known to be good.</summary>
    public static IReadOnlyList<Radius> Known(string text) => ParseList(text) ?? throw new ArgumentException($"{text}: no radii.", nameof(text));

    private static double ValueOf(string text)
    {
        var parts = text.Split('/');
        return parts.Length switch
        {
            1 => Number(parts[0]),
            2 => Number(parts[0]) / Number(parts[1]),
            _ => double.NaN,
        };

        static double Number(string digits) =>
            double.TryParse(digits, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value) ? value : double.NaN;
    }
}

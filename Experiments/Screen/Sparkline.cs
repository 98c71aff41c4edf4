namespace LpcEngine.Experiments.Screen;

/// <summary>A curve in one line of text: a bar of eight heights for each value.</summary>
internal static class Sparkline
{
    private const string Bars = "▁▂▃▄▅▆▇█";

    /// <summary>Draws values from the lowest bar (the least) to the highest (the greatest).</summary>
    /// <param name="values">The values in their order; those that are no finite numbers are left out.</param>
    /// <param name="width">Columns at most. More values than that are joined, neighbours in equal shares, to their mean.</param>
    /// <param name="logarithmic">Whether equal ratios are equal heights. Values of 0 or less are left out then.</param>
    /// <returns>A character for each value, at most <paramref name="width"/>; none without values. All the same height where all values are equal.</returns>
    public static string Text(IReadOnlyList<double> values, int width, bool logarithmic = false)
    {
        var heights = values.Select(value => logarithmic ? Math.Log(value) : value).Where(double.IsFinite).ToArray();
        var columns = Math.Min(heights.Length, Math.Max(0, width));
        if (columns == 0) return "";
        var means = Enumerable.Range(0, columns).Select(column =>
        {
            var (from, to) = ((long)column * heights.Length / columns, (column + 1L) * heights.Length / columns);
            return heights.AsSpan((int)from, (int)(to - from)).ToArray().Average();
        }).ToArray();
        var (least, greatest) = (means.Min(), means.Max());
        return string.Concat(means.Select(mean => Bars[greatest > least ? (int)Math.Round((mean - least) / (greatest - least) * (Bars.Length - 1)) : Bars.Length / 2]));
    }
}

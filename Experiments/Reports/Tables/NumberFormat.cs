using System.Globalization;
using LpcEngine.Experiments.Sweeps;

namespace LpcEngine.Experiments.Reports;

/// <summary>How a measure is written.</summary>
internal enum NumberFormat
{
    /// <summary>A fraction as percent, two digits behind the point.</summary>
    Percent,

    /// <summary>Three digits behind the point.</summary>
    Fixed,

    /// <summary>Three significant digits, with an exponent where the number is very small or large.</summary>
    Significant,

    /// <summary>A count, without digits behind the point.</summary>
    Whole,

    /// <summary>How many times as large: one digit behind the point below 100.</summary>
    Times,
}

/// <summary>Writes numbers.</summary>
internal static class NumberFormats
{
    /// <summary>"mean ± deviation", or the mean alone; a dash when there is none.</summary>
    public static string Text(this NumberFormat format, double mean, double deviation)
    {
        if (double.IsNaN(mean)) return "–";
        var text = Write(format, mean, near: mean);
        return double.IsNaN(deviation) ? text : $"{text} ± {Write(format, deviation, near: mean)}";
    }

    /// <summary>The same for a measure over seeds.</summary>
    public static string Text(this NumberFormat format, Spread spread) => format.Text(spread.Mean, spread.Deviation);

    // near: the number whose size decides the digits, so that a deviation has as many as its mean.
    private static string Write(NumberFormat format, double value, double near) => format switch
    {
        NumberFormat.Percent => Write(100 * value, "F2"),
        NumberFormat.Fixed => Write(value, "F3"),
        NumberFormat.Whole => Write(value, "F0"),
        NumberFormat.Times => Write(value, Math.Abs(near) < 100 ? "F1" : "F0"),
        _ => Significant(value, near),
    };

    private static string Significant(double value, double near)
    {
        var size = Math.Abs(near);
        if (size != 0 && size is < 1e-3 or >= 1e5) return Write(value, "0.00e-0");
        var places = size == 0 ? 2 : Math.Clamp(2 - (int)Math.Floor(Math.Log10(size)), 0, 5);
        return Write(value, "F" + places.ToString(CultureInfo.InvariantCulture));
    }

    private static string Write(double value, string pattern) => value.ToString(pattern, CultureInfo.InvariantCulture);
}

using System.Globalization;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>A measure over the seeds.</summary>
/// <param name="Mean">Mean of the values that are there; NaN without any.</param>
/// <param name="Deviation">Sample deviation (n − 1); NaN for fewer than two values.</param>
/// <param name="Count">How many values are there.</param>
internal readonly record struct Spread(double Mean, double Deviation, int Count)
{
    /// <summary>Over some values; what is missing or not finite is left out.</summary>
    public static Spread Of(IEnumerable<double?> values)
    {
        double[] there = [.. values.Where(value => value is { } number && double.IsFinite(number)).Select(value => value!.Value)];
        if (there.Length == 0) return new(double.NaN, double.NaN, 0);
        var mean = there.Average();
        return new(mean, there.Length < 2 ? double.NaN : Math.Sqrt(there.Sum(value => (value - mean) * (value - mean)) / (there.Length - 1)), there.Length);
    }

    /// <summary>"mean ± deviation"; the mean alone for one value, a dash for none.</summary>
    /// <param name="factor">Multiplies both: 100 for percent.</param>
    /// <param name="digits">Digits behind the point; negative: significant digits of the mean.</param>
    public string Text(double factor, int digits)
    {
        if (Count == 0) return "–";
        var places = digits >= 0 ? digits : Math.Clamp(-digits - 1 - (int)Math.Floor(Math.Log10(Math.Max(Math.Abs(Mean * factor), 1e-12))), 0, 12);
        var mean = Number(Mean * factor, places);
        return double.IsNaN(Deviation) ? mean : $"{mean} ± {Number(Deviation * factor, places)}";
    }

    private static string Number(double value, int places) => value.ToString("f" + places.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}

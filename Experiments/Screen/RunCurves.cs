using System.Globalization;
using System.Text.Json.Nodes;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Screen;

/// <summary>The curves below a run's table: how the classes collapse, and how the accuracy grows.</summary>
/// <remarks>
/// The collapse is the trace of the within-class covariance of the training latents over their mean squared norm (<c>sigma_w_relative</c>): it falls only when classes contract towards points,
/// not when the penalty makes all latents smaller. It falls by orders of magnitude, so its heights are logarithms.
/// </remarks>
internal sealed class RunCurves
{
    /// <summary>The key of the collapse among the measurements of a split.</summary>
    public const string CollapseKey = "sigma_w_relative";

    private const int WidestCurve = 40, RoomForNumbers = 22;

    private readonly List<double> collapse = [], accuracy = [];

    /// <summary>Takes over what a run has measured before it was interrupted.</summary>
    /// <param name="lines">The lines of metrics.jsonl.</param>
    public void Begin(IEnumerable<JsonObject> lines)
    {
        foreach (var line in lines)
        {
            var split = line["split"]?.ToString();
            if (split is "train" or "test") Add(split == "train" ? JsonText.Number(line, CollapseKey) : null, split == "test" ? JsonText.Number(line, "accuracy") : null);
        }
    }

    /// <summary>Adds what was measured after an epoch; null for what was not.</summary>
    public void Add(double? collapsed, double? testAccuracy)
    {
        if (collapsed is { } spread && double.IsFinite(spread)) collapse.Add(spread);
        if (testAccuracy is { } score && double.IsFinite(score)) accuracy.Add(score);
    }

    /// <summary>The curves that have at least two values, a line each.</summary>
    /// <param name="columns">Columns that a line may have.</param>
    public IReadOnlyList<StyledLine> Lines(int columns)
    {
        var lines = new List<StyledLine>();
        if (collapse.Count > 1) lines.Add(Line("collapse", collapse, logarithmic: true, "g3", "within-class variance / squared norm", columns));
        if (accuracy.Count > 1) lines.Add(Line("accuracy", accuracy, logarithmic: false, "p1", "of the test images", columns));
        return lines;
    }

    private static StyledLine Line(string name, List<double> values, bool logarithmic, string format, string meaning, int columns)
    {
        var curve = Sparkline.Text(values, Math.Clamp(columns - StyledLine.NameWidth - RoomForNumbers, 0, WidestCurve), logarithmic);
        var text = $"  {Text(values[0], format)} → {Text(values[^1], format)}";
        var room = columns - StyledLine.NameWidth - curve.Length - text.Length;
        return new StyledLine((name.PadRight(StyledLine.NameWidth), Tone.Faint), (curve, Tone.Accent), (text, Tone.Plain), (room > meaning.Length + 1 ? $"  {meaning}" : "", Tone.Faint));
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture).Replace(" %", "%", StringComparison.Ordinal);
}

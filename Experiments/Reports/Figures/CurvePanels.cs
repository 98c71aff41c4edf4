using ScottPlot;
using ScottPlot.TickGenerators;

namespace LpcEngine.Experiments.Reports;

/// <summary>Panels with a line for each variant over the epochs, averaged over the seeds.</summary>
internal static class CurvePanels
{
    private const int Width = 400, Height = 360;

    /// <summary>A panel of a training-set measure; null when no run has it.</summary>
    /// <param name="group">The runs.</param>
    /// <param name="key">Its key in metrics.jsonl.</param>
    /// <param name="name">Its name on the axis.</param>
    /// <param name="logarithmic">Whether the axis is; values of 0 and below are left out then.</param>
    /// <param name="only">Which variants; all when null.</param>
    public static FigurePanel? Of(ReportGroup group, string key, string name, bool logarithmic, Func<ReportRow, bool>? only = null)
    {
        var rows = group.Rows.Where(row => only?.Invoke(row) ?? true).Select(row => (Row: row, Curve: row.History("train", key))).Where(line => line.Curve.X.Count > 0).ToArray();
        if (rows.Length == 0) return null;
        return new($"{name} over the epochs for {string.Join(", ", rows.Select(line => line.Row.Variant.Title))}", Width, Height, theme =>
        {
            var plot = theme.Panel(name, "epoch", "");
            foreach (var (row, curve) in rows) Add(plot, row, curve, logarithmic);
            if (logarithmic) Logarithmic(plot);
            // Where the training accuracy has reached 99.9 %, the mean over variants and seeds: what lies right of it is the terminal phase.
            var converged = rows.Select(line => line.Row.Measure("convergence_epoch").Mean).Where(double.IsFinite).ToArray();
            if (converged.Length > 0)
            {
                var line = plot.Add.VerticalLine(converged.Average(), 1, theme.Foreground.WithAlpha(0.5), LinePattern.Dotted);
                line.LegendText = "converged";
            }
            plot.Axes.Bottom.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true, TargetTickCount = 8, MinorTickGenerator = new EvenlySpacedMinorTickGenerator(1) };
            plot.Legend.Orientation = Orientation.Horizontal;
            plot.Legend.FontSize = 11;
            plot.ShowLegend(Edge.Bottom);
            return plot;
        });
    }

    private static void Add(Plot plot, ReportRow row, Curve curve, bool logarithmic)
    {
        var points = curve.X.Zip(curve.Y).Where(point => double.IsFinite(point.Second) && (!logarithmic || point.Second > 0)).ToArray();
        if (points.Length == 0) return;
        var line = plot.Add.Scatter(points.Select(point => point.First).ToArray(), points.Select(point => logarithmic ? Math.Log10(point.Second) : point.Second).ToArray(), VariantStyle.Colour(row.Variant));
        line.LineWidth = 2;
        line.LinePattern = VariantStyle.Line(row.Variant);
        line.MarkerSize = points.Length == 1 ? 6 : 0;
        line.LegendText = row.Variant.Title;
    }

    /// <summary>Turns the left axis, which holds decimal logarithms, into a logarithmic one.</summary>
    public static void Logarithmic(Plot plot)
    {
        plot.Axes.AutoScale();
        var limits = plot.Axes.GetLimits();
        PlotStyle.MakeLogarithmic(plot.Axes.Left, limits.Bottom, limits.Top);
    }
}

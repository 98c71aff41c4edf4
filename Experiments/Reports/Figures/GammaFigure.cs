using ScottPlot;

namespace LpcEngine.Experiments.Reports;

/// <summary>How much depends on where γ stops: groups of runs that differ in that alone, side by side.</summary>
internal static class GammaFigure
{
    /// <summary>A figure for each data set and protocol of which at least two largest γ are there.</summary>
    public static IEnumerable<ReportFigure> Of(ReportCollection collection) =>
        collection.Groups.GroupBy(group => (group.DataSet, group.All[0].ProtocolBesideGamma, string.Join('\n', group.All[0].Settings.Where(setting => setting.Key != "--gamma-max")))).Where(groups => groups.Count() > 1).Select((groups, i) => Figure(groups, i)).OfType<ReportFigure>();

    private static ReportFigure? Figure(IGrouping<(string DataSet, string Protocol, string Settings), ReportGroup> groups, int index)
    {
        FigurePanel?[] panels =
        [
            Panel(groups, "test_accuracy", "test accuracy"), Panel(groups, "train:separation_ratio", "separation ratio R"), Panel(groups, "train:sigma_w_relative", "trace of Σ_W over ‖z‖²"),
            Panel(groups, "test:deepfool_median", "DeepFool, median"),
        ];
        return panels.All(panel => panel is null) ? null
            : new($"gamma-{index}", $"Where γ stops: {groups.Key.DataSet}", $"{groups.Key.Protocol}. Means over the seeds, for the variants with a penalty.", [.. panels.OfType<FigurePanel>()]);
    }

    private static FigurePanel? Panel(IEnumerable<ReportGroup> groups, string path, string name)
    {
        // A logarithmic axis has no 0: a run without any growth of γ is left out.
        var lines = groups.SelectMany(group => group.Rows.Where(row => row.Variant.Penalty).Select(row => (row.Variant, Gamma: group.All[0].Config.Gamma.Maximum, row.Measure(path).Mean)))
            .Where(point => point.Gamma > 0 && double.IsFinite(point.Mean)).GroupBy(point => point.Variant).Where(line => line.Count() > 1)
            .Select(line => (Variant: line.Key, Points: line.OrderBy(point => point.Gamma).ToArray())).ToArray();
        if (lines.Length == 0) return null;
        return new($"{name} against the largest gamma for {string.Join(", ", lines.Select(line => line.Variant.Title))}", 400, 360, theme =>
        {
            var plot = theme.Panel(name, "largest γ", "");
            foreach (var (variant, points) in lines)
            {
                var line = plot.Add.Scatter(points.Select(point => Math.Log10(point.Gamma)).ToArray(), points.Select(point => point.Mean).ToArray(), VariantStyle.Colour(variant));
                (line.LineWidth, line.MarkerSize, line.LegendText) = (2, 6, variant.Title);
            }
            plot.Axes.AutoScale();
            var limits = plot.Axes.GetLimits();
            PlotStyle.MakeLogarithmic(plot.Axes.Bottom, limits.Left, limits.Right);
            plot.Legend.Orientation = Orientation.Horizontal;
            plot.Legend.FontSize = 11;
            plot.ShowLegend(Edge.Bottom);
            return plot;
        });
    }
}

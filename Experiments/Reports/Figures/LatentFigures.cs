using System.Globalization;
using LpcEngine.Engine;
using LpcEngine.Experiments.Metrics;
using LpcEngine.Experiments.Runs;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace LpcEngine.Experiments.Reports;

/// <summary>Figures of the latents themselves: the first seed of each variant, training set.</summary>
internal static class LatentFigures
{
    /// <summary>The name of the file in a run folder that holds what these figures need.</summary>
    public const string FileName = "latents.json";

    private const int MostCodes = 64;

    /// <summary>Class means as a heat map: on a hypercube's vertices all entries of a map are ± one value.</summary>
    public static ReportFigure? Codes(ReportGroup group)
    {
        var panels = Pictures(group, row => row.Variant.Head == Models.Head.Linear).Where(entry => entry.Picture.Means.Any(mean => mean.Length > 0))
            .Select(entry => CodePanel(entry.Row, entry.Picture)).ToArray();
        return panels.Length == 0 ? null : new("codes", "Codes of the classes",
            $"Mean latent of each class (a line) at each node (a column; the first {MostCodes}), in units of the mean absolute entry. At the vertices of a hypercube all entries are ±1: two colours.", panels);
    }

    /// <summary>How the samples spread along single nodes.</summary>
    public static ReportFigure? Histograms(ReportGroup group)
    {
        var panels = Pictures(group, row => row.Variant.Head == Models.Head.Linear).Select(entry => HistogramPanel(entry.Row, entry.Picture)).ToArray();
        return panels.Length == 0 ? null : new("histograms", "Distribution of the latents at single nodes",
            "All training samples, the first eight nodes one above the other, on a common axis. Binary latents show two narrow peaks at opposite places.", panels);
    }

    /// <summary>Two principal components.</summary>
    public static ReportFigure? Projections(ReportGroup group)
    {
        var panels = Pictures(group, _ => true).Select(entry => ProjectionPanel(group, entry.Row, entry.Picture)).ToArray();
        return panels.Length == 0 ? null : new("projections", "Latents in two dimensions", "Two principal components of up to 2,000 training samples, coloured by class.", panels);
    }

    private static IEnumerable<(ReportRow Row, LatentPicture Picture)> Pictures(ReportGroup group, Func<ReportRow, bool> wanted)
    {
        foreach (var row in group.Rows.Where(wanted))
            if (row.Runs.Select(Picture).FirstOrDefault(picture => picture is not null) is { } picture) yield return (row, picture);
    }

    // A damaged file costs its figure, not the report.
    private static LatentPicture? Picture(ReportRun run)
    {
        try
        {
            return RunFolder.ReadJson(Path.Combine(run.Folder, FileName)) is { } json ? LatentPicture.FromJson(json) : null;
        }
        catch (UserErrorException)
        {
            return null;
        }
    }

    private static FigurePanel CodePanel(ReportRow row, LatentPicture picture)
    {
        var classes = picture.Means.Where(mean => mean.Length > 0).ToArray();
        var nodes = Math.Min(MostCodes, classes[0].Length);
        var unit = classes.Average(mean => mean.Average(Math.Abs));
        return new($"Heat map of {classes.Length} class means at {nodes} nodes, {row.Variant.Title}", 520, classes.Length > 10 ? 520 : 300, theme =>
        {
            var plot = theme.Panel(row.Variant.Title, "node", "class");
            var cells = new double[classes.Length, nodes];
            for (var c = 0; c < classes.Length; c++)
                for (var j = 0; j < nodes; j++) cells[c, j] = unit > 0 ? classes[c][j] / unit : 0;
            var map = plot.Add.Heatmap(cells);
            map.Colormap = new ScottPlot.Colormaps.Balance();
            map.ManualRange = new(-2, 2);
            map.FlipVertically = true;
            var bar = plot.Add.ColorBar(map);
            bar.Axis.TickLabelStyle.ForeColor = theme.Foreground;
            plot.HideGrid();
            plot.Axes.Margins(0, 0);
            if (plot.Axes.Bottom.TickGenerator is NumericAutomatic bottom) bottom.IntegerTicksOnly = true;
            if (plot.Axes.Left.TickGenerator is NumericAutomatic left) left.IntegerTicksOnly = true;
            return plot;
        });
    }

    private static FigurePanel HistogramPanel(ReportRow row, LatentPicture picture)
    {
        var nodes = Math.Min(8, picture.Histograms.Length);
        return new($"Histograms of {nodes} nodes, {row.Variant.Title}", 360, 420, theme =>
        {
            var plot = theme.Panel(row.Variant.Title, "coordinate", "");
            for (var node = 0; node < nodes; node++)
            {
                var counts = picture.Histograms[node];
                double most = Math.Max(1, counts.Max()), floor = nodes - 1 - node;
                double[] xs = [.. counts.Select((_, bin) => ((bin + 0.5) / counts.Length * 2 - 1) * picture.Reach)], ys = [.. counts.Select(count => floor + 0.9 * count / most)];
                var area = plot.Add.FillY(xs, [.. ys.Select(_ => floor)], ys);
                area.FillColor = VariantStyle.Colour(row.Variant).WithAlpha(0.5);
                area.LineColor = VariantStyle.Colour(row.Variant);
                area.LineWidth = 1;
            }
            plot.Axes.Left.TickGenerator = new NumericManual(Enumerable.Range(0, nodes).Select(i => (double)i).ToArray(), Enumerable.Range(0, nodes).Select(i => $"node {nodes - i}").ToArray());
            plot.HideGrid();
            plot.Axes.SetLimitsY(-0.05, nodes);
            return plot;
        });
    }

    private static FigurePanel ProjectionPanel(ReportGroup group, ReportRow row, LatentPicture picture)
    {
        var share = (100 * picture.Projection.Explained).ToString("F0", CultureInfo.InvariantCulture);
        return new($"Latents of {row.Variant.Title}, two principal components", 360, 340, theme =>
        {
            var plot = theme.Panel($"{row.Variant.Title} ({share} % of the variance)", "", "");
            foreach (var label in Enumerable.Range(0, picture.Projection.Labels.Length).GroupBy(i => picture.Projection.Labels[i]))
            {
                var markers = plot.Add.Markers(label.Select(i => picture.Projection.X[i]).ToArray(), label.Select(i => picture.Projection.Y[i]).ToArray());
                markers.MarkerSize = 4;
                markers.MarkerShape = MarkerShape.FilledCircle;
                markers.Color = PlotStyle.ClassColour(label.Key, group.Classes).WithAlpha(0.6);
            }
            return plot;
        });
    }
}

using ScottPlot;

namespace LpcEngine.Experiments.Reports;

/// <summary>The figures of a group of runs; those for which nothing is there are left out.</summary>
internal static class ReportFigures
{
    /// <summary>All of them.</summary>
    public static IEnumerable<ReportFigure> Of(ReportGroup group)
    {
        ReportFigure?[] figures =
        [
            Curves("collapse", "Collapse over the epochs", "Training set. Separation ratio R; trace of the within-class covariance in units of the mean squared norm; γ of the penalty. "
                + "While γ grows, the points of a class have to follow the shrinking latents.",
                CurvePanels.Of(group, "separation_ratio", "separation ratio R", logarithmic: true),
                CurvePanels.Of(group, "sigma_w_relative", "trace of Σ_W over ‖z‖²", logarithmic: true),
                CurvePanels.Of(group, "gamma", "γ", logarithmic: true, row => row.Variant.Penalty),
                CurvePanels.Of(group, "accuracy", "training accuracy", logarithmic: false)),
            Separation(group),
            Curves("binarity", "Binarity over the epochs", "Training set, models with a linear layer before the classifier. Mean log-likelihood of a two-component mixture for each coordinate, and the distance of its peaks in units of their width.",
                CurvePanels.Of(group, "binarity_score", "binarity score", logarithmic: false, HasLinearLayer),
                CurvePanels.Of(group, "peaks_distance", "distance of the peaks", logarithmic: true, HasLinearLayer)),
            Curves("neural-collapse-curves", "Neural collapse over the epochs", "Training set; each property collapses as its measure goes to 0.",
                CurvePanels.Of(group, "nc1_per_dim", "NC1 per dimension", logarithmic: true), CurvePanels.Of(group, "nc2_equinorm", "NC2: norms", logarithmic: false),
                CurvePanels.Of(group, "nc2_equiangularity", "NC2: angles", logarithmic: false), CurvePanels.Of(group, "nc2_max_angle", "NC2: largest angle", logarithmic: false),
                CurvePanels.Of(group, "nc3", "NC3: duality", logarithmic: false), CurvePanels.Of(group, "nc4_mismatch", "NC4: decision", logarithmic: false)),
            LatentFigures.Codes(group),
            LatentFigures.Histograms(group),
            LatentFigures.Projections(group),
        ];
        return figures.OfType<ReportFigure>();
    }

    private static bool HasLinearLayer(ReportRow row) => row.Variant.Head == Models.Head.Linear;

    private static ReportFigure? Curves(string id, string title, string note, params FigurePanel?[] panels)
    {
        FigurePanel[] there = [.. panels.OfType<FigurePanel>()];
        return there.Length == 0 ? null : new(id, title, note, there);
    }

    private static ReportFigure? Separation(ReportGroup group)
    {
        var points = group.Rows.SelectMany(row => row.Runs.Select(run => (row.Variant, R: run.Measure("train:separation_ratio"), Robustness: run.Measure("test:deepfool_median"))))
            .Where(point => point is { R: > 0, Robustness: > 0 }).ToArray();
        if (points.Length < 2) return null;
        return new("separation-robustness", "Separation against robustness",
            "Each point is a run: separation ratio of the training set, and the median relative DeepFool perturbation of the test set.",
            [new($"Scatter plot of {points.Length} runs", 700, 460, theme =>
            {
                var plot = theme.Panel("", "separation ratio R (training set)", "DeepFool, median (test set)");
                foreach (var variant in points.GroupBy(point => point.Variant))
                {
                    var markers = plot.Add.Markers(variant.Select(point => Math.Log10(point.R!.Value)).ToArray(), variant.Select(point => Math.Log10(point.Robustness!.Value)).ToArray());
                    markers.Color = VariantStyle.Colour(variant.Key);
                    markers.MarkerShape = VariantStyle.Marker(variant.Key);
                    markers.MarkerSize = 10;
                    markers.MarkerLineWidth = 2;
                    markers.MarkerLineColor = VariantStyle.Colour(variant.Key);
                    markers.LegendText = variant.Key.Title;
                }
                plot.Axes.Margins(0.12, 0.12);
                CurvePanels.Logarithmic(plot);
                var limits = plot.Axes.GetLimits();
                PlotStyle.MakeLogarithmic(plot.Axes.Bottom, limits.Left, limits.Right);
                plot.ShowLegend(Edge.Right);
                return plot;
            })]);
    }
}

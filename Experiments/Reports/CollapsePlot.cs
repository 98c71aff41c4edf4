using LpcEngine.Engine;
using ScottPlot;
using SkiaSharp;

namespace LpcEngine.Experiments.Reports;

/// <summary>
/// The picture of a run: accuracy, loss with gamma, separation ratio with within-class trace, and the latents in two dimensions.
/// </summary>
internal static class CollapsePlot
{
    private const int PanelWidth = 740, PanelHeight = 540, Gap = 20, TitleHeight = 54;

    /// <summary>Writes the four panels as one PNG, atomically.</summary>
    /// <exception cref="UserErrorException">The folder cannot be written.</exception>
    public static void Write(string path, CollapseCurves curves)
    {
        PlotFonts.Use();
        Plot[] panels = [AccuracyPanel(curves), LossPanel(curves), CollapsePanel(curves), LatentPanel(curves)];
        using var surface = SKSurface.Create(new SKImageInfo(Gap + (2 * (PanelWidth + Gap)), TitleHeight + (2 * (PanelHeight + Gap))));
        surface.Canvas.Clear(SKColors.White);
        DrawTitle(surface.Canvas, curves.Title);
        for (int i = 0; i < panels.Length; i++)
        {
            // A surface for each panel: a plot clears the whole canvas that it is drawn on.
            using var panel = SKSurface.Create(new SKImageInfo(PanelWidth, PanelHeight));
            panels[i].Render(panel.Canvas, new PixelRect(0, PanelWidth, PanelHeight, 0));
            surface.Canvas.DrawSurface(panel, Gap + (i % 2 * (PanelWidth + Gap)), TitleHeight + (i / 2 * (PanelHeight + Gap)));
        }

        using var image = surface.Snapshot();
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        AtomicFile.Write(path, stream => png.SaveTo(stream));
    }

    private static void DrawTitle(SKCanvas canvas, string title)
    {
        using var font = new SKFont(Fonts.GetTypeface(PlotFonts.Name, false, false), 24);
        using var paint = new SKPaint { Color = SKColors.Black, IsAntialias = true };
        canvas.DrawText(title, PanelWidth + (1.5f * Gap), 36, SKTextAlign.Center, font, paint);
    }

    private static Plot AccuracyPanel(CollapseCurves curves)
    {
        var plot = PlotStyle.Panel("Accuracy", "epoch", "accuracy");
        AddLines(plot, curves.Accuracy, plot.Axes.Left, 0, logarithmic: false);
        var (low, _) = Range(curves.Accuracy);
        Finish(plot);
        plot.Axes.SetLimitsY(double.IsFinite(low) ? Math.Max(0, Math.Floor((low - 0.02) * 10) / 10) : 0, 1.02);
        return plot;
    }

    private static Plot LossPanel(CollapseCurves curves)
    {
        var plot = PlotStyle.Panel("Loss and γ", "epoch", "loss");
        AddLines(plot, curves.Loss, plot.Axes.Left, 0, logarithmic: false);
        if (curves.Gamma is { } gamma)
        {
            AddOnRight(plot, [gamma with { Label = "" }], curves.Loss.Count, "γ, dashed"); // the axis names it, so the legend need not
        }

        Finish(plot);
        return plot;
    }

    private static Plot CollapsePanel(CollapseCurves curves)
    {
        var plot = PlotStyle.Panel("Collapse", "epoch", "separation ratio");
        AddLines(plot, curves.Separation, plot.Axes.Left, 0, logarithmic: false);
        AddOnRight(plot, curves.Trace, curves.Separation.Count, "within-class trace");
        Finish(plot);
        var (_, high) = Range(curves.Separation);
        plot.Axes.SetLimitsY(0, double.IsFinite(high) && high > 0 ? 1.25 * high : 1);
        return plot;
    }

    private static Plot LatentPanel(CollapseCurves curves)
    {
        if (curves.Latents is not { } latents)
        {
            var empty = PlotStyle.Panel("Latents", "", "");
            empty.Add.Annotation("no latents to show", Alignment.MiddleCenter);
            return empty;
        }

        string share = (100 * latents.Explained).ToString("F0", System.Globalization.CultureInfo.InvariantCulture);
        var plot = PlotStyle.Panel($"Latents, two principal components ({share} % of the variance)", "first component", "second component");
        int classes = curves.ClassNames.Count;
        bool legend = classes <= 10;
        foreach (var group in Enumerable.Range(0, latents.Labels.Length).GroupBy(i => latents.Labels[i]).OrderBy(g => g.Key))
        {
            var markers = plot.Add.Markers(group.Select(i => latents.X[i]).ToArray(), group.Select(i => latents.Y[i]).ToArray());
            markers.MarkerSize = 5;
            markers.MarkerShape = MarkerShape.FilledCircle;
            markers.Color = PlotStyle.ClassColour(group.Key, classes).WithAlpha(0.6);
            markers.LegendText = legend ? curves.ClassNames[group.Key] : "";
        }

        if (legend)
        {
            plot.ShowLegend(Edge.Right); // beside the points, which fill the panel
        }

        return plot;
    }

    private static void AddLines(Plot plot, IReadOnlyList<Curve> curves, IYAxis axis, int firstColour, bool logarithmic)
    {
        for (int i = 0; i < curves.Count; i++)
        {
            var (xs, ys) = Points(curves[i], logarithmic);
            if (xs.Length == 0)
            {
                continue;
            }

            var line = plot.Add.Scatter(xs, ys, PlotStyle.Palette[(firstColour + i) % PlotStyle.Palette.Count]);
            line.LineWidth = 2;
            line.MarkerSize = xs.Length <= 40 ? 5 : 0;
            line.LegendText = curves[i].Label;
            line.Axes.YAxis = axis;
            if (logarithmic)
            {
                line.LinePattern = LinePattern.Dashed; // told apart from the left axis's lines without colour
            }
        }
    }

    /// <summary>Lines on a logarithmic axis at the right.</summary>
    private static void AddOnRight(Plot plot, IReadOnlyList<Curve> curves, int firstColour, string label)
    {
        var values = curves.SelectMany(c => Points(c, logarithmic: true).Y).ToArray();
        if (values.Length == 0)
        {
            return;
        }

        var right = plot.Axes.Right;
        right.FrameLineStyle.Width = 1;
        right.Label.Text = label + " (logarithmic)";
        right.Label.FontSize = 14;
        right.Label.Bold = false;
        double low = values.Min(), high = values.Max(), margin = Math.Max(0.08 * (high - low), 0.05);
        PlotStyle.MakeLogarithmic(right, low - margin, high + margin);
        AddLines(plot, curves, right, firstColour, logarithmic: true);
        plot.Axes.SetLimitsY(low - margin, high + margin, right);
    }

    private static void Finish(Plot plot)
    {
        plot.Legend.Orientation = Orientation.Horizontal;
        plot.ShowLegend(Edge.Bottom); // outside, so that it hides no line
        if (plot.Axes.Bottom.TickGenerator is ScottPlot.TickGenerators.NumericAutomatic ticks)
        {
            ticks.IntegerTicksOnly = true; // there is no half epoch
        }
    }

    private static (double[] X, double[] Y) Points(Curve curve, bool logarithmic)
    {
        var points = curve.X.Zip(curve.Y)
            .Where(p => double.IsFinite(p.First) && double.IsFinite(p.Second) && (!logarithmic || p.Second > 0))
            .ToList();
        return ([.. points.Select(p => p.First)], [.. points.Select(p => logarithmic ? Math.Log10(p.Second) : p.Second)]);
    }

    private static (double Low, double High) Range(IReadOnlyList<Curve> curves)
    {
        double[] all = [.. curves.SelectMany(c => Points(c, false).Y)];
        return all.Length == 0 ? (double.NaN, double.NaN) : (all.Min(), all.Max());
    }
}

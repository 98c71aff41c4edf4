using System.Globalization;
using LpcEngine.Experiments.Demonstration;
using ScottPlot;

namespace LpcEngine.Experiments.Reports;

/// <summary>The collapse in two dimensions, trained for the report.</summary>
internal static class ToyFigure
{
    // Of 10,000 points, which would hide each other.
    private const int Shown = 2000;

    /// <summary>A panel for each strength of the penalty, each on a scale of its own.</summary>
    public static ReportFigure Of(IReadOnlyList<ToySnapshot> snapshots) => new(
        "toy", "Collapse as γ grows, in two dimensions",
        "A small network with two latents on points around four vertices of a 20-dimensional hypercube, noise of 0.8, while γ doubles every epoch. The latents shrink, and what is left of each class shrinks with them: mind the axes.",
        [.. snapshots.Select(Panel)]);

    private static FigurePanel Panel(ToySnapshot snapshot)
    {
        var gamma = snapshot.Gamma.ToString("0.####", CultureInfo.InvariantCulture);
        var details = string.Create(CultureInfo.InvariantCulture, $"accuracy {100 * snapshot.Accuracy:F1} %, mean norm {snapshot.MeanNorm:G2}");
        return new($"Latents at gamma {gamma}: {details}", 360, 360, theme =>
        {
            var plot = theme.Panel($"γ = {gamma}: {details}", "", "");
            plot.Axes.Title.Label.FontSize = 14;
            for (var label = 0; label < ToyData.Classes; label++)
            {
                int[] members = [.. Enumerable.Range(0, Math.Min(Shown, snapshot.Labels.Length)).Where(i => snapshot.Labels[i] == label)];
                var markers = plot.Add.Markers(members.Select(i => (double)snapshot.Latents[2 * i]).ToArray(), members.Select(i => (double)snapshot.Latents[2 * i + 1]).ToArray());
                markers.MarkerSize = 4;
                markers.MarkerShape = MarkerShape.FilledCircle;
                markers.Color = PlotStyle.ClassColour(label, ToyData.Classes).WithAlpha(0.5);
            }
            return plot;
        });
    }
}

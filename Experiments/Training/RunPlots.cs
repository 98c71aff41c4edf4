using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Experiments.Metrics;
using LpcEngine.Experiments.Reports;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Training;

/// <summary>Turns a run's metrics into the picture of its plots folder.</summary>
internal static class RunPlots
{
    /// <summary>Writes plots/collapse.png: accuracy, loss and gamma, separation ratio, within-class trace, and the latents in two dimensions; and latents.json, from which a report draws its figures of them.</summary>
    public static void Write(RunFolder folder, RunConfig config, EpochEvaluation? last)
    {
        var lines = MetricsLog.Read(Path.Combine(folder.Path, "metrics.jsonl"));
        var train = lines.Where(line => (string?)line["split"] == "train").ToArray();
        var test = lines.Where(line => (string?)line["split"] == "test").ToArray();
        var latents = last is null ? null : new LatentSet(last.Train.Latents, last.Train.Latents.Length / last.Train.Labels.Length, last.Train.Labels, config.Classes);
        if (latents is not null && LatentPicture.Of(latents) is { } picture) AtomicFile.WriteText(Path.Combine(folder.Path, LatentFigures.FileName), JsonText.Line(picture.ToJson()) + "\n");
        CollapsePlot.Write(folder.PlotPath("collapse.png"), new CollapseCurves(
            $"{config.DataSet} {config.Variant}",
            Accuracy: [Curve("train", train, "accuracy"), Curve("test", test, "accuracy")],
            Loss: [Curve("cross-entropy", train, "running_cross_entropy"), Curve("penalty", train, "running_penalty")],
            Gamma: config.Penalty ? Curve("gamma", train, "gamma") : null,
            Separation: [Curve("train", train, "separation_ratio"), Curve("test", test, "separation_ratio")],
            Trace: [Curve("train", train, "sigma_w_trace"), Curve("test", test, "sigma_w_trace")],
            latents is null ? null : PrincipalComponents.Project(latents), config.ClassNames));
        if (PlotFonts.Missing) folder.Log("This machine has no font, so the plots have no words (on Debian: apt-get install fonts-dejavu-core).");
    }

    private static Curve Curve(string label, JsonObject[] lines, string key)
    {
        var points = lines.Where(line => line[key] is not null).ToArray();
        return new Curve(label, points.Select(line => (double)line["epoch"]!).ToArray(), points.Select(line => (double)line[key]!).ToArray());
    }
}

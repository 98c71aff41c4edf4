using System.Globalization;
using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Reports;

/// <summary>A finished run, as its folder tells of it.</summary>
/// <param name="Folder">Where it lies.</param>
/// <param name="Config">config.json.</param>
/// <param name="Summary">summary.json.</param>
/// <param name="Lines">metrics.jsonl.</param>
internal sealed record ReportRun(string Folder, RunConfig Config, JsonObject Summary, IReadOnlyList<JsonObject> Lines)
{
    /// <summary>Its variant.</summary>
    public Variant Variant { get; } = Variants.Named(Config.Variant);

    /// <summary>What it shares with the runs that it may be compared to, for people.</summary>
    public string Protocol => string.Create(CultureInfo.InvariantCulture, $"{ProtocolBesideGamma}, γ {Config.Gamma.Start:G4} to {Config.Gamma.Maximum:G4}");

    /// <summary>The same without the range of γ.</summary>
    public string ProtocolBesideGamma { get; } = string.Create(CultureInfo.InvariantCulture, $"{Config.Preset}: {Config.Backbone} of width {Config.Width}, {Config.TrainImages:N0} training images, ")
        + string.Create(CultureInfo.InvariantCulture, $"{Config.Epochs} epochs in batches of {Config.Batch}, {(Config.Augment ? "augmented" : "not augmented")}");

    /// <summary>
    /// All settings that runs which may be compared have in common, in the words of the command line: all but variant, rate and seed. What a
    /// variant brings along, as the width of its layer, counts where it is not the preset's.
    /// </summary>
    public IReadOnlyDictionary<string, string> Settings { get; } = RunSetting.All.Where(setting => setting.Flag is not ("variant" or "--lr" or "--seed"))
        .ToDictionary(setting => setting.Flag, setting => IsTheVariantsOwn(setting.Flag, Config) ? "as usual" : setting.Text(Config));

    /// <summary>A measure by its place in summary.json, with colons between the keys, as <c>train:separation_ratio</c>; null when it is not there.</summary>
    public double? Measure(string path) => JsonText.Number(Summary, path.Split(':'));

    /// <summary>A measure over the epochs, where it was taken.</summary>
    /// <param name="split">train or test.</param>
    /// <param name="key">Its key in metrics.jsonl.</param>
    public Curve History(string split, string key)
    {
        var points = Lines.Where(line => line["split"] is JsonValue value && value.TryGetValue(out string? name) && name == split)
            .Select(line => (Epoch: JsonText.Number(line, "epoch"), Value: JsonText.Number(line, key))).Where(point => point is { Epoch: not null, Value: not null }).ToArray();
        return new(Variant.Title, [.. points.Select(point => point.Epoch!.Value)], [.. points.Select(point => point.Value!.Value)]);
    }

    /// <summary>Reads a folder.</summary>
    /// <returns>Null when there is no summary: the run is not finished.</returns>
    /// <exception cref="UserErrorException">A file is damaged, or the run is none that can be compared; the message begins with the reason.</exception>
    public static ReportRun? Read(string folder)
    {
        var path = Path.Combine(folder, RunFolder.ConfigName);
        var config = RunFolder.ReadJson(path);
        var summary = RunFolder.ReadJson(Path.Combine(folder, RunFolder.SummaryName));
        if (config is null || summary is null) return null;
        var run = new ReportRun(folder, RunConfig.Parse(config.ToJsonString(), path), summary, MetricsLog.Read(Path.Combine(folder, "metrics.jsonl")));
        if (run.Measure("train_accuracy") is null) throw new UserErrorException($"trained without evaluation; 'evaluate {folder}' measures it");
        return run.Measure("epochs") is { } epochs && epochs == run.Config.Epochs ? run
            : throw new UserErrorException($"ended before its {run.Config.Epochs} epochs (--steps)");
    }

    private static bool IsTheVariantsOwn(string flag, RunConfig config)
    {
        var variant = Variants.Named(config.Variant);
        if (flag == "--penultimate") return config.Penultimate == Preset.Named(config.Preset).Latents(config.Classes).Of(variant.Width);
        return (flag.StartsWith("--scale-", StringComparison.Ordinal) || flag.StartsWith("--margin-", StringComparison.Ordinal)) && config.MarginSchedule == MarginSchedule.Of(variant.Margin);
    }
}

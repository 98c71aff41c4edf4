using System.Globalization;
using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Experiments.Runs;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Reports;

/// <summary>A finished run, as its folder tells of it.</summary>
/// <param name="Folder">Where it lies.</param>
/// <param name="Config">config.json.</param>
/// <param name="Summary">summary.json.</param>
internal sealed record ReportRun(string Folder, JsonObject Config, JsonObject Summary)
{
    private readonly Lazy<IReadOnlyList<JsonObject>> lines = new(() => MetricsLog.Read(Path.Combine(Folder, "metrics.jsonl")));

    /// <summary>Its variant.</summary>
    public Variant Variant { get; } = Variants.Named(Text(Config, "variant"));

    /// <summary>Its data set.</summary>
    public string DataSet { get; } = Text(Config, "data_set");

    /// <summary>Its seed.</summary>
    public long Seed { get; } = (long)Number(Config, "seed");

    /// <summary>Its base learning rate.</summary>
    public double Rate { get; } = Number(Config["rate"] as JsonObject ?? [], "base");

    /// <summary>Where γ stops growing.</summary>
    public double LargestGamma { get; } = Number(Config["gamma"] as JsonObject ?? [], "maximum");

    /// <summary>What it shares with the runs that it may be compared to: everything but variant, rate and seed.</summary>
    public string Protocol => $"{ProtocolBesideGamma}, γ {Short(Config["gamma"], "start")} to {Short(Config["gamma"], "maximum")}";

    /// <summary>The same without the range of γ.</summary>
    public string ProtocolBesideGamma { get; } = string.Create(CultureInfo.InvariantCulture,
        $"{Text(Config, "preset")}: {Text(Config, "backbone")} of width {Number(Config, "width")}, {Number(Config, "train_images"):N0} training images, ")
        + string.Create(CultureInfo.InvariantCulture, $"{Number(Config, "epochs")} epochs in batches of {Number(Config, "batch")}, ")
        + ((bool?)Config["augment"] == true ? "augmented" : "not augmented");

    /// <summary>A measure by its place in summary.json, as <c>train.separation_ratio</c>; null when it is not there.</summary>
    public double? Measure(string path)
    {
        JsonNode? node = Summary;
        foreach (var part in path.Split('.')) node = (node as JsonObject)?[part];
        return node is JsonValue value && value.TryGetValue(out double number) ? number : null;
    }

    /// <summary>A measure over the epochs, where it was taken.</summary>
    /// <param name="split">train or test.</param>
    /// <param name="key">Its key in metrics.jsonl.</param>
    public Curve History(string split, string key)
    {
        var points = lines.Value.Where(line => (string?)line["split"] == split && line[key] is JsonValue value && value.TryGetValue(out double _)).ToArray();
        return new(Variant.Title, [.. points.Select(line => (double)line["epoch"]!)], [.. points.Select(line => (double)line[key]!)]);
    }

    /// <summary>Reads a folder.</summary>
    /// <returns>Null when there is no summary: the run is not finished.</returns>
    /// <exception cref="UserErrorException">A file is damaged.</exception>
    public static ReportRun? Read(string folder)
    {
        var config = RunFolder.ReadJson(Path.Combine(folder, "config.json"));
        var summary = RunFolder.ReadJson(Path.Combine(folder, "summary.json"));
        return config is null || summary is null ? null : new(folder, config, summary);
    }

    private static string Text(JsonObject json, string key) => json[key] is JsonValue value && value.TryGetValue(out string? text)
        ? text : throw new UserErrorException($"its config.json has no text '{key}'");

    private static double Number(JsonObject json, string key) => json[key] is JsonValue value && value.TryGetValue(out double number)
        ? number : throw new UserErrorException($"its config.json has no number '{key}'");

    private static string Short(JsonNode? schedule, string key) =>
        schedule is JsonObject json ? Number(json, key).ToString("G4", CultureInfo.InvariantCulture) : "?";
}

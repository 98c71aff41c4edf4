using System.Globalization;
using System.Text.Json.Nodes;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>A column of the table: a value of summary.json.</summary>
/// <param name="Name">Its key in the JSON.</param>
/// <param name="Head">Its head.</param>
/// <param name="Value">Reads it.</param>
/// <param name="Factor">100 for percent.</param>
/// <param name="Digits">As <see cref="Spread.Text"/> takes them.</param>
internal sealed record SweepMeasure(string Name, string Head, Func<JsonObject, JsonNode?> Value, double Factor, int Digits)
{
    /// <summary>All columns.</summary>
    public static IReadOnlyList<SweepMeasure> All { get; } =
    [
        new("test_accuracy", "test %", summary => summary["test_accuracy"], 100, 2),
        new("validation_accuracy", "held out %", summary => summary["validation_accuracy"], 100, 2),
        new("train_accuracy", "train %", summary => summary["train_accuracy"], 100, 2),
        new("separation_ratio", "separation", summary => (summary["train"] as JsonObject)?["separation_ratio"], 1, 2),
        new("deepfool_relative", "DeepFool", summary => (summary["test"] as JsonObject)?["deepfool_relative"], 1, -3),
        new("seconds", "seconds", summary => summary["seconds"], 1, 0),
    ];
}

/// <summary>A variant over its seeds, each with the rate that was chosen for it.</summary>
/// <param name="Name">What the row is called.</param>
/// <param name="Variant">The variant's name.</param>
/// <param name="Gamma">Where γ stops growing, if the sweep compares that.</param>
/// <param name="Chosen">The chosen run of each seed that has one.</param>
/// <param name="Seeds">Seeds of the sweep.</param>
internal sealed record SweepRow(string Name, string Variant, double? Gamma, IReadOnlyList<SweepCell> Chosen, int Seeds)
{
    /// <summary>A column over the seeds.</summary>
    public Spread Of(SweepMeasure measure) => Spread.Of(Chosen.Select(cell => JsonText.Number(measure.Value(cell.Summary!))));

    /// <summary>The chosen rate, or the smallest and the largest of them.</summary>
    public string Rates => Chosen.Count == 0 ? "–"
        : Chosen.Min(cell => cell.Rate) is var least && Chosen.Max(cell => cell.Rate) is var most && least == most ? SweepCell.RateText(least)
        : $"{SweepCell.RateText(least)}…{SweepCell.RateText(most)}";
}

/// <summary>The result of a sweep.</summary>
internal sealed class SweepTable
{
    private readonly IReadOnlyList<SweepCell> cells;
    private readonly Selection selection;

    /// <summary>Summarises the runs as they are now.</summary>
    public SweepTable(IReadOnlyList<SweepCell> cells, Selection selection)
    {
        (this.cells, this.selection) = (cells, selection);
        var chosen = Selections.Choose(cells, selection).ToLookup(cell => cell.Row);
        var seeds = cells.Select(cell => cell.Seed).Distinct().Count();
        Rows = [.. cells.DistinctBy(cell => cell.Row).Select(cell => new SweepRow(cell.Row, cell.Variant, cell.Gamma, [.. chosen[cell.Row]], seeds))];
    }

    /// <summary>A row for each variant (and γ), in the order of the command line.</summary>
    public IReadOnlyList<SweepRow> Rows { get; }

    /// <summary>The table as lines of text.</summary>
    public IEnumerable<string> Lines()
    {
        var columns = SweepMeasure.All.Where(measure => measure.Name is "test_accuracy" or "train_accuracy" || Rows.Any(row => row.Of(measure).Count > 0)).ToArray();
        string[][] table =
        [
            ["variant", "lr", "seeds", .. columns.Select(measure => measure.Head)],
            .. Rows.Select(row => (string[])
                [row.Name, row.Rates, string.Create(CultureInfo.InvariantCulture, $"{row.Chosen.Count}/{row.Seeds}"), .. columns.Select(measure => row.Of(measure).Text(measure.Factor, measure.Digits))]),
        ];
        var widths = Enumerable.Range(0, table[0].Length).Select(i => table.Max(line => line[i].Length)).ToArray();
        foreach (var line in table)
            yield return string.Join("  ", line.Select((text, i) => i == 0 ? text.PadRight(widths[i]) : text.PadLeft(widths[i]))).TrimEnd();
    }

    /// <summary>What did not end well, a line each.</summary>
    public IEnumerable<string> Troubles() => cells.Where(cell => cell.State is not (CellState.Done or CellState.Waiting or CellState.Running))
        .Select(cell => $"{cell.Name}: {cell.State.ToString().ToLowerInvariant()}{(cell.Reason is null ? "" : $": {cell.Reason}")}");

    /// <summary>The same for programs.</summary>
    public JsonObject Json(string dataSet, string preset) => new()
    {
        ["data_set"] = dataSet,
        ["preset"] = preset,
        ["select"] = selection.ToString().ToLowerInvariant(),
        ["variants"] = new JsonArray([.. Rows.Select(Json)]),
        ["runs"] = new JsonArray([.. cells.Select(Json)]),
    };

    private static JsonNode Json(SweepRow row)
    {
        var json = new JsonObject
        {
            ["variant"] = row.Variant,
            ["gamma_max"] = row.Gamma,
            ["seeds"] = row.Chosen.Count,
            ["chosen"] = new JsonArray([.. row.Chosen.Select(cell => (JsonNode)new JsonObject { ["seed"] = cell.Seed, ["lr"] = cell.Rate })]),
        };
        foreach (var measure in SweepMeasure.All)
            if (row.Of(measure) is { Count: > 0 } spread) json[measure.Name] = new JsonObject { ["mean"] = spread.Mean, ["deviation"] = spread.Deviation, ["n"] = spread.Count };
        return json;
    }

    private JsonNode Json(SweepCell cell) => new JsonObject
    {
        ["variant"] = cell.Variant,
        ["gamma_max"] = cell.Gamma,
        ["lr"] = cell.Rate,
        ["seed"] = cell.Seed,
        ["state"] = cell.State.ToString().ToLowerInvariant(),
        ["reason"] = cell.Reason,
        ["folder"] = cell.Folder,
        [selection.Key()] = cell.Summary?[selection.Key()]?.DeepClone(),
    };
}

using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LpcEngine.Engine;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>What the acceptance says: one table for people, one file of JSON for programs.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="Description">What the hardware calls itself.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="Precisions">What it computes in.</param>
internal sealed record AcceptanceReport(string Device, string Description, long MemoryBytes, IReadOnlyList<string> Precisions)
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] Titles = ["part", "item", "precision", "result", "goal", "seconds", "numbers"];

    /// <summary>The rows, part by part.</summary>
    public List<AcceptanceResult> Results { get; } = [];

    /// <summary>Whether no check failed.</summary>
    public bool IsPassed => Count(Verdict.Fail) == 0;

    /// <summary>Writes the file.</summary>
    /// <param name="path">Where.</param>
    /// <param name="seconds">How long it has taken so far.</param>
    /// <param name="isComplete">Whether all parts have ended.</param>
    public void Write(string path, double seconds, bool isComplete) => AtomicFile.WriteText(path, new JsonObject
    {
        ["version"] = typeof(AcceptanceReport).Assembly.GetName().Version?.ToString(3),
        ["device"] = Device,
        ["description"] = Description,
        ["memory_mib"] = MemoryBytes >> 20,
        ["precisions"] = new JsonArray([.. Precisions.Select(name => JsonValue.Create(name))]),
        ["complete"] = isComplete,
        ["seconds"] = Math.Round(seconds, 1),
        ["passed"] = Count(Verdict.Pass),
        ["failed"] = Count(Verdict.Fail),
        ["measured"] = Count(Verdict.Measured),
        ["not_run"] = Count(Verdict.NotRun),
        ["items"] = new JsonArray([.. Results.Select(result => result.ToJson())]),
    }.ToJsonString(Readable) + "\n");

    /// <summary>The table, with a line above it that names the device and one below it that counts.</summary>
    /// <param name="seconds">How long all took.</param>
    public string Table(double seconds)
    {
        var rows = Results.Select(result => (string[])
        [
            result.Part, result.Item, result.Precision ?? "", result.Outcome.Verdict == Verdict.Fail ? "FAIL" : result.Word, result.Outcome.Goal ?? "",
            result.Seconds.ToString("n1", CultureInfo.InvariantCulture), result.Outcome.Summary,
        ]).Prepend(Titles).ToArray();
        // The last column is as long as it is.
        var widths = Enumerable.Range(0, Titles.Length - 1).Select(column => rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder($"{Device}: {Description}\n");
        foreach (var row in rows) text.Append(string.Join("  ", row.Select((cell, column) => column < widths.Length ? cell.PadRight(widths[column]) : cell)).TrimEnd()).Append('\n');
        return text.Append(CultureInfo.InvariantCulture, $"{Count(Verdict.Pass)} passed, {Count(Verdict.Fail)} failed, {Count(Verdict.Measured)} measured, {Count(Verdict.NotRun)} not run, in {seconds:n0} s\n").ToString();
    }

    private int Count(Verdict verdict) => Results.Count(result => result.Outcome.Verdict == verdict);
}

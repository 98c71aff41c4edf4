using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Export;

/// <summary>metrics.csv: the lines of metrics.jsonl as a table for spreadsheets and data frames.</summary>
/// <remarks>A row for each line, a column for each key, in the order in which they first appear; a line leaves the keys empty that it doesn't have. Commas, decimal points, line ends as RFC 4180 has them.</remarks>
internal static class MetricsTable
{
    /// <summary>The table's name in a run folder.</summary>
    public const string Name = "metrics.csv";

    /// <summary>Writes the table, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="lines">The lines.</param>
    /// <exception cref="UserErrorException">It can't be written.</exception>
    public static void Write(string path, IReadOnlyList<JsonObject> lines) => AtomicFile.WriteText(path, Of(lines));

    /// <summary>The table's text.</summary>
    /// <param name="lines">The lines.</param>
    public static string Of(IReadOnlyList<JsonObject> lines)
    {
        var columns = lines.SelectMany(line => line.Select(pair => pair.Key)).Distinct().ToArray();
        var text = new StringBuilder();
        Row(columns.Select(Quoted));
        foreach (var line in lines) Row(columns.Select(column => Cell(line[column])));
        return text.ToString();

        void Row(IEnumerable<string> cells) => text.AppendJoin(',', cells).Append("\r\n");
    }

    private static string Cell(JsonNode? node) =>
        JsonText.Number(node) is { } number ? number.ToString("R", CultureInfo.InvariantCulture) : node is null ? "" : Quoted(node is JsonValue ? node.ToString() : node.ToJsonString());

    private static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"")}\"";
}

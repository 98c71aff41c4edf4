using System.Text;

namespace LpcEngine.Kernels;

/// <summary>
/// The table of operations: where each runs, at which precisions, and what it computes. It follows from the declarations.
/// </summary>
public static class OperationTable
{
    /// <summary>Kinds of devices, in the order of the columns.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["cpu", "cuda", "opencl", "emulator"];

    /// <summary>The table for a terminal, with aligned columns.</summary>
    /// <returns>Lines, each ended by a line feed.</returns>
    public static string Text()
    {
        var rows = Rows().Prepend(["operation", .. Kinds, "limited by", "formula"]).ToArray();
        var widths = Enumerable.Range(0, rows[0].Length - 1).Select(column => rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            for (var column = 0; column < widths.Length; column++) text.Append(row[column].PadRight(widths[column] + 2));
            text.Append(row[^1]).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>The table in Markdown, as the README shows it.</summary>
    /// <returns>Lines, each ended by a line feed.</returns>
    public static string Markdown()
    {
        var text = new StringBuilder($"| operation | {string.Join(" | ", Kinds)} | limited by | formula |\n|{string.Concat(Enumerable.Repeat("---|", Kinds.Count + 3))}\n");
        foreach (var row in Rows()) text.Append($"| {string.Join(" | ", row.Select(cell => cell.Replace("|", "\\|")))} |\n");
        return text.ToString();
    }

    private static IEnumerable<string[]> Rows() => Operations.All.Select(spec => (string[])
    [
        spec.Name,
        .. Kinds.Select(kind => string.Join(", ", spec.Precisions(kind).Select(precision => precision.ToString().ToLowerInvariant()))),
        spec.Bound == Bound.Compute ? "arithmetic" : "memory",
        spec.Formula,
    ]);
}

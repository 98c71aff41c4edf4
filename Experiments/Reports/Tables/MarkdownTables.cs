using System.Text;

namespace LpcEngine.Experiments.Reports;

/// <summary>Tables as Markdown: published values in brackets.</summary>
internal static class MarkdownTables
{
    /// <summary>Writes a table with its title and note.</summary>
    public static string Write(ReportTable table)
    {
        var text = new StringBuilder().Append("### ").AppendLine(table.Title).AppendLine();
        Line(text, table.Columns);
        Line(text, table.Columns.Select((_, i) => i == 0 ? "---" : "---:"));
        foreach (var row in table.Rows) Line(text, row.Select(Cell));
        return text.AppendLine().AppendLine(table.Note).AppendLine().ToString();
    }

    private static string Cell(ReportCell cell) => (cell.Published.Length == 0 ? cell.Text : $"{cell.Text} [{cell.Published}]").Replace("|", "\\|");

    private static void Line(StringBuilder text, IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells.Select(cell => cell.Replace("|z|", "abs z").Replace("‖z‖", "norm"))).AppendLine(" |");
}

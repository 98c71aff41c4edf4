using System.Globalization;
using System.Text;

namespace LpcEngine.Experiments.Reports;

/// <summary>Tables as CSV (RFC 4180), one line a cell, so that all tables fit one file and programs need not parse "±".</summary>
internal static class CsvTables
{
    /// <summary>The head line.</summary>
    public const string Head = "data set,protocol,table,model,column,text,mean,deviation,seeds,published";

    /// <summary>Writes the cells of a table.</summary>
    public static string Write(ReportGroup group, ReportTable table)
    {
        var text = new StringBuilder();
        foreach (var row in table.Rows)
            for (var i = 1; i < row.Count; i++)
            {
                var cell = row[i];
                string[] fields =
                [
                    group.DataSet, group.Protocol, table.Id, row[0].Text, table.Columns[i], cell.Text, Number(cell.Value), Number(cell.Deviation),
                    cell.Count.ToString(CultureInfo.InvariantCulture), cell.Published,
                ];
                text.AppendJoin(',', fields.Select(Quoted)).Append("\r\n");
            }
        return text.ToString();
    }

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "";

    private static string Quoted(string field) => field.AsSpan().IndexOfAny(",\"\r\n") < 0 ? field : $"\"{field.Replace("\"", "\"\"")}\"";
}

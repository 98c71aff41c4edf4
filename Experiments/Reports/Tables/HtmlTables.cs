using System.Net;
using System.Text;

namespace LpcEngine.Experiments.Reports;

/// <summary>Tables as HTML.</summary>
internal static class HtmlTables
{
    /// <summary>Writes a table with its caption.</summary>
    public static string Write(ReportTable table, string idPrefix)
    {
        var text = new StringBuilder($"<section class=\"table\" id=\"{idPrefix}-{table.Id}\"><h3>{Encode(table.Title)}</h3>\n<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr>");
        foreach (var column in table.Columns) text.Append($"<th scope=\"col\">{Encode(column)}</th>");
        text.Append("</tr></thead>\n<tbody>\n");
        foreach (var row in table.Rows)
        {
            text.Append($"<tr><th scope=\"row\">{Encode(row[0].Text)}</th>");
            foreach (var cell in row.Skip(1))
            {
                text.Append(cell.Text == "–" ? "<td class=\"none\">–" : $"<td>{Spread(cell.Text)}");
                if (cell.Published.Length > 0) text.Append($"<span class=\"published\" title=\"published\">{Encode(cell.Published)}</span>");
                text.Append("</td>");
            }
            text.Append("</tr>\n");
        }
        return text.Append($"</tbody></table></div>\n<p class=\"note\">{Encode(table.Note)}</p></section>\n").ToString();
    }

    // The deviation in a quieter colour than the mean.
    private static string Spread(string text) =>
        text.Split(" ± ", 2) is [var mean, var deviation] ? $"{Encode(mean)} <span class=\"deviation\">± {Encode(deviation)}</span>" : Encode(text);

    /// <summary>Text for HTML.</summary>
    public static string Encode(string text) => WebUtility.HtmlEncode(text);
}

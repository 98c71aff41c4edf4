using System.Text;

namespace LpcEngine.Experiments.Reports;

/// <summary>Tables as LaTeX for the package booktabs: published values small beneath ours.</summary>
internal static class LatexTables
{
    /// <summary>What a document needs before the first table.</summary>
    public const string Preamble = "% \\usepackage{booktabs}\n";

    // Text outside ASCII and what it is in LaTeX; what LaTeX reserves comes first.
    private static readonly (string From, string To)[] Replacements =
    [
        ("\\", "\\textbackslash{}"), ("&", "\\&"), ("%", "\\%"), ("$", "\\$"), ("#", "\\#"), ("_", "\\_"),
        ("‖z‖²", "$\\lVert z\\rVert^2$"), ("‖z‖", "$\\lVert z\\rVert$"), ("|z|", "$|z|$"), ("Σ\\_W", "$\\Sigma_W$"), ("γ·mean z²", "$\\gamma\\,\\overline{z^2}$"),
        ("γ", "$\\gamma$"), ("÷", "$\\div$"), ("±", "$\\pm$"), ("−", "$-$"), ("–", "--"), ("²", "$^2$"), ("×", "$\\times$"),
    ];

    /// <summary>Writes a table as a float.</summary>
    public static string Write(ReportGroup group, ReportTable table)
    {
        var text = new StringBuilder("\\begin{table}\n\\centering\n\\caption{").Append(Escape($"{group.DataSet}, {group.Protocol}. {table.Title}. {table.Note}"))
            .Append("}\n\\label{tab:").Append(group.DataSet).Append('-').Append(table.Id).Append("}\n\\begin{tabular}{l").Append('r', table.Columns.Count - 1).Append("}\n\\toprule\n")
            .AppendJoin(" & ", table.Columns.Select(Escape)).Append(" \\\\\n\\midrule\n");
        foreach (var row in table.Rows)
        {
            text.AppendJoin(" & ", row.Select(cell => Escape(cell.Text))).Append(" \\\\\n");
            if (row.Any(cell => cell.Published.Length > 0))
                text.AppendJoin(" & ", row.Select((cell, i) => i == 0 ? "\\quad published" : cell.Published.Length == 0 ? "" : $"\\small {Escape(cell.Published)}")).Append(" \\\\\n");
        }
        return text.Append("\\bottomrule\n\\end{tabular}\n\\end{table}\n\n").ToString();
    }

    private static string Escape(string text) => Replacements.Aggregate(text, (done, pair) => done.Replace(pair.From, pair.To));
}

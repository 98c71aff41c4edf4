using System.Text;

namespace LpcEngine.Experiments.Reports;

/// <summary>Tables as LaTeX for the package booktabs: published values small beneath ours.</summary>
internal static class LatexTables
{
    /// <summary>What a document needs before the first table.</summary>
    public const string Preamble = "% \\usepackage{booktabs}\n";

    // Signs of the tables first, longer ones before those that they contain; then what LaTeX reserves.
    private static readonly (string From, string To)[] Signs =
    [
        ("‖z‖²", "$\\lVert z\\rVert^2$"), ("‖z‖", "$\\lVert z\\rVert$"), ("‖∇‖", "$\\lVert\\nabla\\rVert$"), ("|z|", "$|z|$"), ("Σ_W", "$\\Sigma_W$"), ("γ·mean z²", "$\\gamma\\,\\overline{z^2}$"),
        ("L∞", "$L_\\infty$"), ("γ", "$\\gamma$"), ("≤", "$\\le$"), ("½", "$\\frac12$"), ("÷", "$\\div$"), ("±", "$\\pm$"), ("−", "$-$"), ("–", "--"), ("²", "$^2$"), ("×", "$\\times$"), ("…", "\\dots{}"),
        ("\\", "\\textbackslash{}"), ("&", "\\&"), ("%", "\\%"), ("$", "\\$"), ("#", "\\#"), ("_", "\\_"), ("{", "\\{"), ("}", "\\}"), ("~", "\\textasciitilde{}"), ("^", "\\textasciicircum{}"),
        ("<", "\\textless{}"), (">", "\\textgreater{}"), ("\"", "\\textquotedbl{}"), ("|", "\\textbar{}"),
    ];

    /// <summary>Writes a table as a float.</summary>
    /// <param name="group">Whose table it is.</param>
    /// <param name="table">The table.</param>
    /// <param name="number">The group's number, for a label of its own.</param>
    public static string Write(ReportGroup group, ReportTable table, int number)
    {
        var text = new StringBuilder("\\begin{table}\n\\centering\n\\caption{").Append(Escape($"{group.DataSet}, {group.Protocol}. {table.Title}. {table.Note}"))
            .Append("}\n\\label{tab:").Append(number).Append('-').Append(table.Id).Append("}\n\\begin{tabular}{l").Append('r', table.Columns.Count - 1).Append("}\n\\toprule\n")
            .AppendJoin(" & ", table.Columns.Select(Escape)).Append(" \\\\\n\\midrule\n");
        foreach (var row in table.Rows)
        {
            text.AppendJoin(" & ", row.Select(cell => Escape(cell.Text))).Append(" \\\\\n");
            if (row.Any(cell => cell.Published.Length > 0))
                text.AppendJoin(" & ", row.Select((cell, i) => i == 0 ? "\\quad published" : cell.Published.Length == 0 ? "" : $"\\small {Escape(cell.Published)}")).Append(" \\\\\n");
        }
        return text.Append("\\bottomrule\n\\end{tabular}\n\\end{table}\n\n").ToString();
    }

    // In one pass: what a replacement brings along is not replaced again.
    private static string Escape(string text)
    {
        var escaped = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            var (from, to) = Signs.FirstOrDefault(sign => text.AsSpan(at).StartsWith(sign.From, StringComparison.Ordinal));
            escaped.Append(to ?? text[at].ToString());
            at += from?.Length ?? 1;
        }
        return escaped.ToString();
    }
}

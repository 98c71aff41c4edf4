namespace LpcEngine.Experiments.Reports;

/// <summary>A table before it becomes HTML, Markdown, CSV or LaTeX.</summary>
/// <param name="Id">A short name without spaces, for links and files.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Note">How to read it, a sentence or two.</param>
/// <param name="Columns">Heads; the first column names the row.</param>
/// <param name="Rows">Cells, as many in each row as there are columns.</param>
internal sealed record ReportTable(string Id, string Title, string Note, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<ReportCell>> Rows);

/// <summary>A cell.</summary>
/// <param name="Text">Our value, as people read it.</param>
/// <param name="Published">The published value beside it; empty without one.</param>
/// <param name="Value">Our mean as a number for programs; NaN for words and for what is missing.</param>
/// <param name="Deviation">Over the seeds; NaN without.</param>
/// <param name="Count">Seeds that it comes from; 0 for words.</param>
internal readonly record struct ReportCell(string Text, string Published = "", double Value = double.NaN, double Deviation = double.NaN, int Count = 0);

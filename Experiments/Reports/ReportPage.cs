using System.Globalization;
using System.Text;

namespace LpcEngine.Experiments.Reports;

/// <summary>The report as one HTML page that needs nothing else: no network, no scripts.</summary>
internal static class ReportPage
{
    private const string Style = """
        :root { color-scheme: light dark; --ground: #fff; --text: #222; --quiet: #666; --line: #ddd; --band: #f5f6f8; --accent: #0072b2; }
        @media (prefers-color-scheme: dark) { :root { --ground: #16181c; --text: #d8dbe0; --quiet: #9aa0a8; --line: #33373e; --band: #1e2127; --accent: #56b4e9; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 1.2rem clamp(0.8rem, 3vw, 2.5rem) 4rem; max-width: 84rem; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.7rem; margin: 0.5rem 0; } h2 { font-size: 1.35rem; margin: 2.8rem 0 0.3rem; border-top: 3px solid var(--accent); padding-top: 0.8rem; }
        h3 { font-size: 1.08rem; margin: 2rem 0 0.5rem; } p { max-width: 75ch; margin: 0.4rem 0; overflow-wrap: anywhere; } a { color: var(--accent); }
        nav ul { padding-left: 1.2rem; margin: 0.5rem 0; } .note, .protocol, footer { color: var(--quiet); font-size: 0.9rem; }
        .scroll { overflow-x: auto; max-width: 100%; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.92rem; }
        th, td { padding: 0.3rem 0.7rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); vertical-align: top; }
        thead th { border-bottom: 2px solid var(--text); font-weight: 600; } tbody tr:nth-child(even) > * { background: var(--band); }
        th:first-child { text-align: left; position: sticky; left: 0; background: var(--ground); } .words td { text-align: left; }
        .deviation, .none { color: var(--quiet); } .published { display: block; color: var(--quiet); font-size: 0.82em; } .published::before { content: "published "; font-style: italic; }
        .panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 0.8rem; align-items: start; }
        .panels img { width: 100%; height: auto; display: block; } figure { margin: 0; } details { margin: 0.8rem 0; } summary { cursor: pointer; }
        details li { font-size: 0.85rem; color: var(--quiet); overflow-wrap: anywhere; }
        @media print { :root { --ground: #fff; --text: #000; --quiet: #444; --line: #bbb; --band: #fff; } body { font-size: 10pt; max-width: none; padding: 0; } .scroll { overflow: visible; }
          table { font-size: 7.5pt; } th, td { padding: 0.15rem 0.3rem; } section, figure, tr { break-inside: avoid; } nav { display: none; } th:first-child { position: static; } }
        """;

    /// <summary>Writes the page.</summary>
    /// <param name="collection">The runs.</param>
    /// <param name="choice">A sentence on how rates were chosen.</param>
    /// <param name="toy">The collapse in two dimensions, which opens the page.</param>
    public static string Write(ReportCollection collection, string choice, ReportFigure toy)
    {
        var runs = collection.Groups.Sum(group => group.All.Count);
        var page = new StringBuilder("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Latent point collapse: ")
            .Append(Count(runs, "run")).Append("</title>\n<style>\n").Append(Style).Append("</style></head>\n<body>\n<header><h1>Latent point collapse: ").Append(Count(runs, "run")).Append("</h1>\n<p>")
            .Append(HtmlTables.Encode($"Mean ± sample deviation over the seeds. {choice} Beneath some values stand published ones: Table 4 is that of the paper (arXiv:2310.08224 v5), ")).Append(HtmlTables.Encode(
                "Tables 1 and 2 those of its predecessor of November 2024 (other widths, 800 epochs of all images), whose successors were printed but are not at hand. A dash: not measured, or not defined."))
            .Append("</p></header>\n<nav aria-label=\"Contents\"><ul>\n");
        for (var i = 0; i < collection.Groups.Count; i++)
            page.Append(CultureInfo.InvariantCulture, $"<li><a href=\"#g{i}\">{Name(collection.Groups[i])}</a> <span class=\"note\">{HtmlTables.Encode(collection.Groups[i].Protocol)}</span></li>\n");
        page.Append("</ul></nav>\n<main>\n");
        Figure(page, toy, "page");
        for (var i = 0; i < collection.Groups.Count; i++)
        {
            Group(page, collection.Groups[i], string.Create(CultureInfo.InvariantCulture, $"g{i}"));

        }
        foreach (var figure in GammaFigure.Of(collection)) Figure(page, figure, "page");
        page.Append("</main>\n");
        if (collection.LeftOut.Count > 0) List(page, $"{Count(collection.LeftOut.Count, "folder")} left out", collection.LeftOut);
        return page.Append("<footer><p>Each run's folder holds its configuration, its measures in full and over the epochs, and its weights.</p></footer>\n</body></html>\n").ToString();
    }

    private static void Group(StringBuilder page, ReportGroup group, string id)
    {
        page.Append($"<section id=\"{id}\"><h2>{Name(group)}</h2>\n<p class=\"protocol\">{HtmlTables.Encode(group.Protocol)}</p>\n");
        foreach (var table in ReportTables.Of(group)) page.Append(HtmlTables.Write(table, id));
        foreach (var figure in ReportFigures.Of(group)) Figure(page, figure, id);
        List(page, $"The {Count(group.All.Count, "run")}", group.All.OrderBy(run => run.Folder, StringComparer.Ordinal).Select(run => run.Folder));
        page.Append("</section>\n");
    }

    private static void Figure(StringBuilder page, ReportFigure figure, string id)
    {
        page.Append($"<section class=\"figure\" id=\"{id}-{figure.Id}\"><h3>{HtmlTables.Encode(figure.Title)}</h3>\n<div class=\"panels\">\n");
        foreach (var panel in figure.Panels)
        {
            page.Append(CultureInfo.InvariantCulture, $"<figure style=\"max-width: {panel.Width * 1.1:F0}px\"><picture>").Append("<source media=\"screen and (prefers-color-scheme: dark)\" srcset=\"").Append(Data(panel, FigureTheme.Dark)).Append("\"><img loading=\"lazy\" alt=\"").Append(HtmlTables.Encode(panel.Description))
                .Append(CultureInfo.InvariantCulture, $"\" width=\"{panel.Width}\" height=\"{panel.Height}\" src=\"").Append(Data(panel, FigureTheme.Light)).Append("\"></picture></figure>\n");
        }
        page.Append($"</div>\n<p class=\"note\">{HtmlTables.Encode(figure.Note)}</p></section>\n");
    }

    private static string Data(FigurePanel panel, FigureTheme theme) => "data:image/png;base64," + Convert.ToBase64String(FigureTheme.Png(panel.Draw(theme), panel.Width, panel.Height));

    private static void List(StringBuilder page, string summary, IEnumerable<string> items)
    {
        page.Append($"<details><summary>{HtmlTables.Encode(summary)}</summary><ul>\n");
        foreach (var item in items) page.Append($"<li>{HtmlTables.Encode(item)}</li>\n");
        page.Append("</ul></details>\n");
    }

    private static string Name(ReportGroup group) => HtmlTables.Encode($"{group.DataSet}: {Count(group.Rows.Count, "variant")}, {Count(group.Rows.Max(row => row.Runs.Count), "seed")}");

    private static string Count(int n, string what) => string.Create(CultureInfo.InvariantCulture, $"{n} {what}{(n == 1 ? "" : "s")}");
}

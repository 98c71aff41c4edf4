using System.Text;
using LpcEngine.Engine;
using LpcEngine.Experiments.Demonstration;
using LpcEngine.Experiments.Reports;
using LpcEngine.Experiments.Sweeps;

namespace LpcEngine.Experiments.Commands;

/// <summary>Reads the runs and writes each file that was asked for.</summary>
internal static class ReportCommand
{
    private const int MostWarnings = 10;

    private static readonly string[] Endings = [".html", ".htm", ".md", ".csv", ".tex"];

    /// <summary>Runs the command.</summary>
    /// <param name="folder">Where the runs are.</param>
    /// <param name="files">What to write.</param>
    /// <param name="selection">How rates are chosen.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="UserErrorException">There is no run, a file's ending is unknown, or a file can't be written.</exception>
    public static int Execute(string folder, IReadOnlyList<string> files, Selection selection)
    {
        foreach (var file in files)
            if (!Endings.Contains(Path.GetExtension(file).ToLowerInvariant()))
                throw new UserErrorException($"--out {file}: the name must end in .html, .md, .csv or .tex, which says what to write.");
        var collection = ReportCollection.Of(folder, selection);
        Warn(collection.LeftOut);
        foreach (var file in files) AtomicFile.WriteText(file, Content(file, collection, selection));
        Console.WriteLine($"{collection.Groups.Sum(group => group.All.Count)} runs in {collection.Groups.Count} comparisons{(collection.LeftOut.Count > 0 ? $", {collection.LeftOut.Count} left out" : "")}: {string.Join(", ", files)}");
        return ExitCodes.Done;
    }

    // The page has them all.
    private static void Warn(IReadOnlyList<string> leftOut)
    {
        foreach (var line in leftOut.Take(MostWarnings)) Console.Error.WriteLine($"left out: {line}");
        if (leftOut.Count > MostWarnings) Console.Error.WriteLine($"left out: {leftOut.Count - MostWarnings} more");
    }

    private static string Content(string file, ReportCollection collection, Selection selection)
    {
        switch (Path.GetExtension(file).ToLowerInvariant())
        {
            case ".md":
                return Tables(collection, group => $"## {group.DataSet}\n\n{group.Protocol}\n\n", (_, table, _) => MarkdownTables.Write(table));
            case ".csv":
                return CsvTables.Head + "\r\n" + Tables(collection, _ => "", (group, table, _) => CsvTables.Write(group, table));
            case ".tex":
                return LatexTables.Preamble + Tables(collection, _ => "", LatexTables.Write);
            default:
                var choice = selection == Selection.Test
                    ? "Where several learning rates were tried, each seed has the one with the best test accuracy, as in the paper."
                    : "Where several learning rates were tried, each seed has the one with the best accuracy on held-out training images.";
                return ReportPage.Write(collection, choice, ToyFigure.Of(ToyCollapse.Run()));
        }
    }

    private static string Tables(ReportCollection collection, Func<ReportGroup, string> head, Func<ReportGroup, ReportTable, int, string> write)
    {
        var text = new StringBuilder();
        for (var i = 0; i < collection.Groups.Count; i++)
        {
            var group = collection.Groups[i];
            text.Append(head(group));
            foreach (var table in ReportTables.Of(group)) text.Append(write(group, table, i + 1));
        }
        return text.ToString();
    }
}

using LpcEngine.Engine;
using LpcEngine.Experiments.Sweeps;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Reports;

/// <summary>All runs beneath a folder.</summary>
/// <param name="Groups">The finished ones, by data set and protocol; the largest groups first.</param>
/// <param name="LeftOut">A line for each folder that does not count, and why.</param>
internal sealed record ReportCollection(IReadOnlyList<ReportGroup> Groups, IReadOnlyList<string> LeftOut)
{
    /// <summary>Looks through a folder and everything beneath it.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="selection">How the rate of a variant and seed is chosen.</param>
    /// <exception cref="UserErrorException">There is no such folder, or no finished run in it.</exception>
    public static ReportCollection Of(string root, Selection selection)
    {
        if (!Directory.Exists(root)) throw new UserErrorException($"report {root}: there is no such folder. Name one that holds run folders, such as 'runs'.");
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, MaxRecursionDepth = 12 };
        var folders = Directory.EnumerateFiles(root, "config.json", options).Select(file => Path.GetDirectoryName(file)!).Order(StringComparer.Ordinal);
        List<ReportRun> runs = [];
        List<string> leftOut = [];
        foreach (var folder in folders)
        {
            try
            {
                if (ReportRun.Read(folder) is not { } run) leftOut.Add($"{folder}: not finished (no summary.json)");
                else if (run.Measure("train_accuracy") is null) leftOut.Add($"{folder}: trained without evaluation; 'evaluate {folder}' measures it");
                else runs.Add(run);
            }
            catch (UserErrorException problem)
            {
                leftOut.Add($"{folder}: {problem.Message}");
            }
        }
        if (runs.Count == 0)
        {
            var some = leftOut.Count == 0 ? "" : $" {leftOut.Count} folders do not count, the first for this reason: {leftOut[0]}.";
            throw new UserErrorException($"report {root}: there is no finished run in this folder or beneath it.{some}");
        }
        var groups = runs.GroupBy(run => (run.DataSet, run.Protocol)).Select(group => Group(group.Key.DataSet, group.Key.Protocol, [.. group], selection));
        return new([.. groups.OrderBy(group => group.DataSet, StringComparer.Ordinal).ThenByDescending(group => group.Rows.Count).ThenBy(group => group.Protocol, StringComparer.Ordinal)], leftOut);
    }

    private static ReportGroup Group(string dataSet, string protocol, ReportRun[] runs, Selection selection)
    {
        var rows = Variants.All.Select(variant => new ReportRow(variant, [.. Chosen(runs.Where(run => run.Variant == variant), selection)]));
        return new(dataSet, protocol, [.. rows.Where(row => row.Runs.Count > 0)], runs);
    }

    private static IEnumerable<ReportRun> Chosen(IEnumerable<ReportRun> runs, Selection selection) =>
        runs.GroupBy(run => run.Seed).OrderBy(seed => seed.Key)
            .Select(rates => Selections.Best(rates, selection, run => run.Summary, run => run.Rate));
}

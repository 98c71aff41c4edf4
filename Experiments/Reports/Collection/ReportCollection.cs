using LpcEngine.Engine;
using LpcEngine.Experiments.Sweeps;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Reports;

/// <summary>All runs beneath a folder.</summary>
/// <param name="Groups">The finished ones, by data set and protocol; the largest groups first.</param>
/// <param name="LeftOut">A line for each folder that does not count or could not be looked at, and why.</param>
internal sealed record ReportCollection(IReadOnlyList<ReportGroup> Groups, IReadOnlyList<string> LeftOut)
{
    /// <summary>Looks through a folder and everything beneath it.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="selection">How the rate of a variant and seed is chosen.</param>
    /// <exception cref="UserErrorException">There is no such folder, or no finished run in it.</exception>
    public static ReportCollection Of(string root, Selection selection)
    {
        if (!Directory.Exists(root)) throw new UserErrorException($"report {root}: there is no such folder. Name one that holds run folders, such as 'runs'.");
        var search = new RunSearch(root);
        List<ReportRun> runs = [];
        List<string> leftOut = [.. search.Skipped];
        foreach (var folder in search.Folders)
        {
            try
            {
                if (ReportRun.Read(folder) is not { } run) leftOut.Add($"{folder}: not finished (no summary.json)");
                else if (run.Measure(selection.Key()) is null && selection == Selection.Validation) leftOut.Add($"{folder}: held no images out (--validation-size), so that nothing can be chosen by them");
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
        var groups = runs.GroupBy(Key).Select(group => Group([.. group], selection)).ToArray();
        return new(
            [
                .. groups.Select(group => group with { Protocol = group.Protocol + Distinction(group, groups) })
                    .OrderBy(group => group.DataSet, StringComparer.Ordinal).ThenByDescending(group => group.Rows.Count).ThenBy(group => group.Protocol, StringComparer.Ordinal),
            ],
            leftOut);
    }

    private static string Key(ReportRun run) => string.Join('\n', run.Settings.Values);

    private static ReportGroup Group(ReportRun[] runs, Selection selection)
    {
        var rows = Variants.All.Select(variant => new ReportRow(variant, [.. Chosen(runs.Where(run => run.Variant == variant), selection)]));
        return new(runs[0].Config.DataSet, runs[0].Protocol, [.. rows.Where(row => row.Runs.Count > 0)], runs);
    }

    // What else sets apart groups that read alike.
    private static string Distinction(ReportGroup group, ReportGroup[] groups)
    {
        var alike = groups.Where(other => other.DataSet == group.DataSet && other.Protocol == group.Protocol).Select(other => other.All[0].Settings).ToArray();
        return string.Concat(group.All[0].Settings.Where(setting => alike.Any(other => other[setting.Key] != setting.Value)).Select(setting => $", {setting.Key} {setting.Value}"));
    }

    private static IEnumerable<ReportRun> Chosen(IEnumerable<ReportRun> runs, Selection selection) =>
        runs.GroupBy(run => run.Config.Seed).OrderBy(seed => seed.Key)
            .Select(rates => Selections.Best(rates, selection, run => run.Summary, run => run.Config.Rate.Base));
}

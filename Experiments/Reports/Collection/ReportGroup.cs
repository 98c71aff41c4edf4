using LpcEngine.Experiments.Sweeps;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Reports;

/// <summary>Runs that differ in variant, rate and seed alone: what one set of tables compares.</summary>
/// <param name="DataSet">Their data set.</param>
/// <param name="Protocol">What else they share.</param>
/// <param name="Rows">The chosen runs of each variant, in the paper's order.</param>
/// <param name="All">All runs, the chosen and the others.</param>
internal sealed record ReportGroup(string DataSet, string Protocol, IReadOnlyList<ReportRow> Rows, IReadOnlyList<ReportRun> All)
{
    /// <summary>The row of the paper's baseline, when it is there.</summary>
    public ReportRow? Baseline => Rows.FirstOrDefault(row => row.Variant.Name == "nopen");

    /// <summary>Classes of the data set.</summary>
    public int Classes => All[0].Config.Classes;
}

/// <summary>A variant: for each seed the run whose rate was chosen.</summary>
/// <param name="Variant">The variant.</param>
/// <param name="Runs">One run a seed, in order of the seeds.</param>
internal sealed record ReportRow(Variant Variant, IReadOnlyList<ReportRun> Runs)
{
    /// <summary>A measure over the seeds.</summary>
    public Spread Measure(string path) => Spread.Of(Runs.Select(run => run.Measure(path)));

    /// <summary>The least value of a measure over the seeds, which has no deviation.</summary>
    public Spread Least(string path)
    {
        double[] there = [.. Runs.Select(run => run.Measure(path)).Where(value => value is { } number && double.IsFinite(number)).Select(value => value!.Value)];
        return there.Length == 0 ? Spread.Of([]) : new(there.Min(), double.NaN, there.Length);
    }

    /// <summary>A measure over the epochs, averaged over the seeds that have it.</summary>
    public Curve History(string split, string key)
    {
        var points = Runs.Select(run => run.History(split, key)).SelectMany(curve => curve.X.Zip(curve.Y)).GroupBy(point => point.First).OrderBy(epoch => epoch.Key).ToArray();
        return new(Variant.Title, [.. points.Select(epoch => epoch.Key)], [.. points.Select(epoch => epoch.Average(point => point.Second))]);
    }
}

using System.Diagnostics;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>How long a sweep still takes: by the speed at which its runs have gone on since it began, evaluations, attacks and starts included.</summary>
/// <remarks>
/// Work is counted in steps, each weighted with the time that a step of its variant takes: of the runs that have ended, else as it was timed at the start, else as the mean of the
/// variants that are known. Before a part of the work is done, its speed is taken to be that of the steps alone, the runs sharing the machine as they were asked to.
/// </remarks>
internal sealed class SweepClock
{
    // Before so much of the work is done, the start of the processes is most of the time.
    private const double LeastPart = 0.02;

    private readonly IReadOnlyList<SweepCell> cells;
    private readonly int jobs;
    private readonly Func<TimeSpan> elapsed;
    private readonly Dictionary<SweepCell, long> before, atStart;

    /// <summary>Starts it.</summary>
    /// <param name="cells">All runs.</param>
    /// <param name="jobs">How many at the same time.</param>
    /// <param name="elapsed">The time since it was started, for tests; null for a stopwatch.</param>
    public SweepClock(IReadOnlyList<SweepCell> cells, int jobs, Func<TimeSpan>? elapsed = null)
    {
        (this.cells, this.jobs) = (cells, jobs);
        var watch = Stopwatch.StartNew();
        this.elapsed = elapsed ?? (() => watch.Elapsed);
        before = cells.ToDictionary(cell => cell, cell => cell.StepsDone);
        atStart = cells.ToDictionary(cell => cell, Left);
    }

    /// <summary>What was known of the variants at the start.</summary>
    public StepTimes Times { get; init; } = StepTimes.None;

    /// <summary>Seconds left; null when nothing is known.</summary>
    public double? SecondsLeft()
    {
        var times = TimesNow();
        double done = Work(times, cell => cell.StepsDone - before[cell]), all = Work(times, cell => atStart[cell]), seconds = elapsed().TotalSeconds;
        if (done > 0 && done >= LeastPart * all) return seconds / done * Work(times, Left);
        return Estimate() is { } estimate ? Math.Max(0, estimate - seconds) : null;
    }

    /// <summary>Seconds for what there was to do at the start; null when nothing is known.</summary>
    public double? Estimate()
    {
        var times = TimesNow();
        return times.Mean is null ? null : Work(times, cell => atStart[cell]) / Math.Max(1, Math.Min(jobs, cells.Count(cell => !cell.HasEnded)));
    }

    // Steps that no run of this sweep has done.
    private static long Left(SweepCell cell) => cell.HasEnded ? 0 : Math.Max(0, cell.Steps - cell.StepsDone);

    private StepTimes TimesNow() => StepTimes.Measured(cells).Or(Times);

    private double Work(StepTimes times, Func<SweepCell, long> steps) => cells.Sum(cell => steps(cell) * (times.Of(cell.Variant) ?? 1));
}

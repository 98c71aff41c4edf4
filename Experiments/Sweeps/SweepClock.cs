using System.Diagnostics;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>How long a sweep still takes: by the speed at which its runs have gone on since it began, evaluations, attacks and starts included.</summary>
/// <param name="cells">All runs.</param>
/// <param name="jobs">How many at the same time.</param>
internal sealed class SweepClock(IReadOnlyList<SweepCell> cells, int jobs)
{
    // Before so much of the work is done, the start of the processes is most of the time.
    private const double LeastPart = 0.02;

    private readonly Stopwatch watch = Stopwatch.StartNew();
    private readonly long doneBefore = cells.Sum(cell => cell.StepsDone);
    private readonly long left = Left(cells);

    /// <summary>Seconds that each step takes, as far as was known at the start; null when nothing was.</summary>
    public double? SecondsPerStep { get; init; }

    /// <summary>Seconds left; null when nothing is known.</summary>
    public double? SecondsLeft() => SecondsLeft(Left(cells), cells.Sum(cell => cell.StepsDone) - doneBefore, watch.Elapsed.TotalSeconds);

    /// <summary>Seconds for some steps at the start.</summary>
    public double? Estimate() => SecondsPerStep * left / Math.Max(1, Math.Min(jobs, cells.Count(cell => !cell.HasEnded)));

    /// <summary>Steps that no run of this sweep has done.</summary>
    public static long Left(IReadOnlyList<SweepCell> cells) => cells.Where(cell => !cell.HasEnded).Sum(cell => Math.Max(0, cell.Steps - cell.StepsDone));

    /// <summary>The mean time of a step in the runs that are done, of all of them; null without any.</summary>
    public static double? MeasuredSecondsPerStep(IReadOnlyList<SweepCell> cells)
    {
        double[] times = [.. cells.Select(cell => JsonText.Number(cell.Summary, "seconds") / JsonText.Number(cell.Summary, "steps")).Where(time => time > 0).Select(time => time!.Value)];
        return times.Length == 0 ? null : times.Average();
    }

    private double? SecondsLeft(long stepsLeft, long stepsDone, double elapsed) =>
        stepsDone > 0 && stepsDone >= LeastPart * left ? elapsed / stepsDone * stepsLeft : Math.Max(0, Estimate() - elapsed ?? double.NaN) is var seconds && double.IsNaN(seconds) ? null : seconds;
}

using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>Seconds that a training step takes, by variant: a contrastive loss needs twice the images, a penultimate layer next to nothing.</summary>
internal sealed class StepTimes
{
    private readonly Dictionary<string, double> known;

    private StepTimes(Dictionary<string, double> known) => this.known = known;

    /// <summary>Nothing is known.</summary>
    public static StepTimes None { get; } = new([]);

    /// <summary>The mean over the variants that are known; null without any.</summary>
    public double? Mean => known.Count == 0 ? null : known.Values.Average();

    /// <summary>A variant's time; the mean of the others where it is not known, null without any.</summary>
    public double? Of(string variant) => known.TryGetValue(variant, out var time) ? time : Mean;

    /// <summary>What finished runs tell: the mean over those of a variant.</summary>
    public static StepTimes Measured(IReadOnlyList<SweepCell> cells) => new(cells
        .Select(cell => (cell.Variant, Time: JsonText.Number(cell.Summary, "seconds") / JsonText.Number(cell.Summary, "steps")))
        .Where(run => run.Time is > 0 and < double.PositiveInfinity)
        .GroupBy(run => run.Variant, run => run.Time!.Value).ToDictionary(variant => variant.Key, variant => variant.Average()));

    /// <summary>These times, and another variant's.</summary>
    public StepTimes With(string variant, double seconds) => new(new(known) { [variant] = seconds });

    /// <summary>These times, and others' for the variants that are not known here.</summary>
    public StepTimes Or(StepTimes others)
    {
        var both = new Dictionary<string, double>(others.known);
        foreach (var (variant, time) in known) both[variant] = time;
        return new(both);
    }
}

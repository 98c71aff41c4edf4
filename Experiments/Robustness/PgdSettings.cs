namespace LpcEngine.Experiments.Robustness;

/// <summary>A search of <see cref="Pgd"/> for each radius.</summary>
/// <param name="Loss">What it ascends.</param>
/// <param name="Steps">Steps at each radius.</param>
/// <param name="Start">Which random start.</param>
internal readonly record struct PgdTrial(AttackLoss Loss, int Steps, int Start);

/// <summary>What <see cref="Pgd"/> does.</summary>
/// <param name="Batch">Images that are attacked at the same time. Bounds the memory, does not change the result.</param>
/// <param name="Norm">The norm of the ball.</param>
/// <param name="Radii">Its radii, smallest first; in units of pixels, or in multiples of each image's own scale.</param>
/// <param name="Trials">The searches: first those that make the attack, then those that only check it.</param>
/// <param name="Attacks">How many of the searches make the attack.</param>
/// <param name="Seed">Of the random starts.</param>
internal sealed record PgdSettings(int Batch, PerturbationNorm Norm, double[] Radii, PgdTrial[] Trials, int Attacks, ulong Seed)
{
    /// <summary>The length of all steps together in radii; each is 2.5·ε/steps (Madry et al., figure 6).</summary>
    public double Reach { get; init; } = 2.5;

    /// <summary>Whether pixels must remain within their bounds, where they have any.</summary>
    public bool Bounded { get; init; } = true;

    /// <summary>The searches of an attack with restarts and of its checks: twice as many steps, and a loss that does not saturate, both from the first start.</summary>
    public static PgdTrial[] WithChecks(int steps, int restarts) =>
    [
        .. Enumerable.Range(0, restarts).Select(start => new PgdTrial(AttackLoss.CrossEntropy, steps, start)),
        new(AttackLoss.CrossEntropy, 2 * steps, 0),
        new(AttackLoss.Margin, steps, 0),
    ];
}

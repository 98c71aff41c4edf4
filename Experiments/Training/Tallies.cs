using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Experiments.Training;

/// <summary>Means over the images of an epoch or a split, as the tally on the device gathered them.</summary>
/// <param name="CrossEntropy">Mean cross-entropy.</param>
/// <param name="Penalty">Mean of gamma·mean(z²).</param>
/// <param name="Contrastive">Mean contrastive loss.</param>
/// <param name="Accuracy">Fraction whose true class ranks first.</param>
/// <param name="Top5">Fraction whose true class is among the first five.</param>
/// <param name="Images">Number of images.</param>
internal readonly record struct Tallies(double CrossEntropy, double Penalty, double Contrastive, double Accuracy, double Top5, int Images)
{
    public double Loss => CrossEntropy + Penalty + Contrastive;

    /// <summary>Reads a tally, and waits for it.</summary>
    public static Tallies Read(Tensor tally)
    {
        Span<float> sums = stackalloc float[TallyOp.Length];
        tally.CopyTo(sums);
        return Of(sums);
    }

    /// <summary>What a tally's sums (<see cref="TallyOp"/>) mean; losses are kept as two floats each.</summary>
    public static Tallies Of(ReadOnlySpan<float> sums)
    {
        var n = (double)sums[TallyOp.Images];
        if (n == 0) return default;
        var crossEntropy = (double)sums[TallyOp.CrossEntropy] + sums[TallyOp.CrossEntropyRest];
        var penalty = (double)sums[TallyOp.Penalty] + sums[TallyOp.PenaltyRest];
        var contrastive = (double)sums[TallyOp.Contrastive] + sums[TallyOp.ContrastiveRest];
        return new(crossEntropy / n, penalty / n, contrastive / n, sums[TallyOp.First] / n, sums[TallyOp.Five] / n, (int)n);
    }
}

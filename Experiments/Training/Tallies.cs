using LpcEngine.Engine;

namespace LpcEngine.Experiments.Training;

/// <summary>Means over the images of an epoch or a split, as the tally on the device gathered them.</summary>
/// <param name="CrossEntropy">Mean cross-entropy.</param>
/// <param name="Penalty">Mean of gamma·mean(z²).</param>
/// <param name="Accuracy">Fraction whose true class ranks first.</param>
/// <param name="Top5">Fraction whose true class is among the first five.</param>
/// <param name="Images">Number of images.</param>
internal readonly record struct Tallies(double CrossEntropy, double Penalty, double Accuracy, double Top5, int Images)
{
    public double Loss => CrossEntropy + Penalty;

    /// <summary>Reads a tally [5]: sums of cross-entropy, penalty, top-1, top-5, and the number of images.</summary>
    public static Tallies Read(Tensor tally)
    {
        Span<float> sums = stackalloc float[5];
        tally.CopyTo(sums);
        var n = (double)sums[4];
        return n == 0 ? default : new(sums[0] / n, sums[1] / n, sums[2] / n, sums[3] / n, (int)n);
    }
}

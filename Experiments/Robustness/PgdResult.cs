namespace LpcEngine.Experiments.Robustness;

/// <summary>What projected gradient ascent found.</summary>
/// <param name="Settings">How it searched.</param>
/// <param name="Correct">Of each image, whether the network is right about the image itself.</param>
/// <param name="CleanGradients">Of each image that it is right about, the norm of the cross-entropy's gradient at the image, in the space of the network's inputs.</param>
/// <param name="Found">[images, searches]: index of the smallest radius at which the image is fooled, by this search or, of the attack, an earlier one;
/// the number of radii where it is not.</param>
internal sealed record PgdResult(PgdSettings Settings, bool[] Correct, double[] CleanGradients, int[,] Found)
{
    // A float's gradients below this are as good as none: they are the product of a softmax that has rounded to 0 or 1.
    private const double NoGradient = 1e-12;

    /// <summary>Number of images.</summary>
    public int Images => Correct.Length;

    /// <summary>Fraction of images that are misclassified as they are.</summary>
    public double CleanError => Fraction(i => !Correct[i]);

    /// <summary>Fraction of images that are misclassified, as they are or by the attack, within a radius.</summary>
    public double Fooled(int radius) => FooledAfter(Settings.Attacks - 1, radius);

    /// <summary>The same by the attack or any of its checks.</summary>
    public double FooledByAny(int radius) =>
        Fraction(i => !Correct[i] || Enumerable.Range(0, Settings.Trials.Length).Any(trial => Found[i, trial] <= radius));

    /// <summary>What the further random starts add to the first: the largest difference of fooled rates at a radius.</summary>
    public double RestartsGain => LargestGain(Settings.Attacks - 1, over: 0);

    /// <summary>What twice as many steps add to the attack.</summary>
    public double StepsGain => LargestGain(Settings.Attacks, over: Settings.Attacks - 1);

    /// <summary>What the loss that does not saturate adds to the attack.</summary>
    public double MarginGain => LargestGain(Settings.Attacks + 1, over: Settings.Attacks - 1);

    /// <summary>Of the images that the network is right about, the fraction for which the cross-entropy has no gradient; 0 where there are none.</summary>
    public double ZeroGradient
    {
        get
        {
            var right = Correct.Count(correct => correct);
            // Also where the gradient is not a number.
            return right == 0 ? 0 : Enumerable.Range(0, Images).Count(i => Correct[i] && !(CleanGradients[i] >= NoGradient)) / (double)right;
        }
    }

    private double LargestGain(int trial, int over) =>
        Enumerable.Range(0, Settings.Radii.Length).Select(radius => FooledAfter(trial, radius) - FooledAfter(over, radius)).DefaultIfEmpty(0).Max();

    private double FooledAfter(int trial, int radius) => Fraction(i => !Correct[i] || Found[i, trial] <= radius);

    private double Fraction(Func<int, bool> holds) => Images == 0 ? double.NaN : Enumerable.Range(0, Images).Count(holds) / (double)Images;
}

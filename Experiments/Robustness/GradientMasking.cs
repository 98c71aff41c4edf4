namespace LpcEngine.Experiments.Robustness;

/// <summary>Signs that a network withstands attacks because it hides its gradients rather than because it is robust.</summary>
/// <remarks>After Athalye, Carlini and Wagner, arXiv:1802.00420: an attack that is stronger, or does not depend on what is hidden, must not find much more.</remarks>
/// <param name="ZeroGradient">Of the images that the network is right about, the fraction for which the cross-entropy's gradient is below 1e-12: saturation.</param>
/// <param name="RestartsGain">What further random starts add to the fooled rate of the first; the largest difference at a radius of either norm.</param>
/// <param name="StepsGain">What twice as many steps add to that of the attack.</param>
/// <param name="MarginGain">What a loss that does not saturate adds to it.</param>
/// <param name="BelowDeepFool">Of the images that the network is right about and DeepFool fooled, the fraction that PGD fools within 95 % of DeepFool's distance; null without DeepFool.</param>
/// <param name="HalfDeepFool">The same within 50 %.</param>
internal sealed record GradientMasking(double ZeroGradient, double RestartsGain, double StepsGain, double MarginGain, double? BelowDeepFool, double? HalfDeepFool)
{
    /// <summary>What a gain, or the fraction within half of DeepFool's distance, must exceed to raise the flag.</summary>
    public const double Threshold = 0.1;

    /// <summary>What the fraction without a gradient must exceed. Networks that fit their data well are saturated at many images, where the gains show that it
    /// hinders no attack: a start at random leaves the place. Only where most gradients are gone, those of other losses may be gone, too.</summary>
    public const double ZeroThreshold = 0.5;

    /// <summary>Parts of DeepFool's distance within which PGD searches.</summary>
    public static readonly double[] PartsOfDeepFool = [0.5, 0.95];

    /// <summary>Whether gradients may be masked: a sign exceeds the threshold. That PGD is a little better than DeepFool is none, as that does not minimise.</summary>
    public bool Flag => ZeroGradient > ZeroThreshold || RestartsGain > Threshold || StepsGain > Threshold || MarginGain > Threshold || HalfDeepFool > Threshold;
}

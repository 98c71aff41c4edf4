namespace LpcEngine.Experiments.Robustness;

/// <summary>How the attack on an image ended.</summary>
internal enum DeepFoolEnd
{
    /// <summary>The predicted class changed.</summary>
    Fooled,

    /// <summary>It did not within the permitted number of steps.</summary>
    Withstood,

    /// <summary>There was no direction to go in (all gradients zero), or a number was not finite; or the image is all zeros, which has no relative norm.</summary>
    NonFinite,
}

/// <summary>What DeepFool found for an image.</summary>
/// <param name="Image">Index of the image in its split.</param>
/// <param name="Label">The prediction at the start; −1 when there was none.</param>
/// <param name="FinalLabel">The prediction at the end; −1 where it's unknown.</param>
/// <param name="Iterations">Steps taken.</param>
/// <param name="Norm">‖r‖₂ of the perturbation, overshoot included, in the space of the network's inputs.</param>
/// <param name="InputNorm">‖x‖₂ of the image there.</param>
/// <param name="End">How it ended.</param>
internal readonly record struct DeepFoolImage(int Image, int Label, int FinalLabel, int Iterations, double Norm, double InputNorm, DeepFoolEnd End)
{
    /// <summary>‖r‖₂/‖x‖₂.</summary>
    public double Relative => Norm / InputNorm;

    /// <summary>Whether the prediction at the start was the true label.</summary>
    public bool IsCorrect { get; init; }

    /// <summary>‖r‖₂ in units of pixels, of which black is 0 and white 1; of float images the same as <see cref="Norm"/>.</summary>
    public double PixelNorm { get; init; }
}

/// <summary>DeepFool on a set of images.</summary>
/// <param name="Images">The images in the order in which they were given.</param>
internal sealed record DeepFoolResult(IReadOnlyList<DeepFoolImage> Images)
{
    /// <summary>Mean of ‖r‖/‖x‖, over all images but the non-finite ones; those that withstood count as they stand. NaN without any.</summary>
    public double Relative => Mean(image => image.Relative);

    /// <summary>Mean of ‖r‖ over the same images.</summary>
    public double Absolute => Mean(image => image.Norm);

    /// <summary>Mean of ‖r‖ in units of pixels over the same images.</summary>
    public double Pixel => Mean(image => image.PixelNorm);

    /// <summary>Mean of ‖r‖/‖x‖ over those of them that the network is right about at the start.</summary>
    public double RelativeCorrect => Counted.Where(image => image.IsCorrect).Select(image => image.Relative).DefaultIfEmpty(double.NaN).Average();

    /// <summary>Median of ‖r‖/‖x‖ over the same images; the mean of the middle two when they are even in number.</summary>
    public double Median
    {
        get
        {
            double[] sorted = [.. Counted.Select(image => image.Relative).Order()];
            return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    /// <summary>Fraction of all images, the non-finite ones included, whose prediction was changed.</summary>
    public double Fooled => Images.Count == 0 ? double.NaN : Images.Count(image => image.End == DeepFoolEnd.Fooled) / (double)Images.Count;

    /// <summary>Number of non-finite images, which are left out of the means and the median.</summary>
    public int NonFinite => Images.Count(image => image.End == DeepFoolEnd.NonFinite);

    private IEnumerable<DeepFoolImage> Counted => Images.Where(image => image.End != DeepFoolEnd.NonFinite);

    private double Mean(Func<DeepFoolImage, double> value) => Counted.Select(value).DefaultIfEmpty(double.NaN).Average();
}

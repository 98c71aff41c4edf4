namespace LpcEngine.Experiments.Robustness;

/// <summary>The units in which perturbations are measured: pixels p from 0 (black) to 1 (white), where the network sees x = (p − mean)/deviation.</summary>
/// <remarks>Float images are used as they are: mean 0, deviation 1, no bounds. The channels of an image are its fastest dimension.</remarks>
/// <param name="mean">The mean of each channel.</param>
/// <param name="deviation">The standard deviation of each channel.</param>
/// <param name="isBounded">Whether a pixel must remain between 0 and 1.</param>
internal sealed class PixelSpace(float[] mean, float[] deviation, bool isBounded)
{
    /// <summary>Whether a pixel must remain between 0 and 1.</summary>
    public bool IsBounded => isBounded;

    /// <summary>p = x·deviation + mean.</summary>
    public void ToPixels(ReadOnlySpan<float> x, Span<float> pixels)
    {
        for (int i = 0, c = 0; i < x.Length; i++)
        {
            pixels[i] = x[i] * deviation[c] + mean[c];
            if (++c == mean.Length) c = 0;
        }
    }

    /// <summary>The network's input for an image to whose pixels δ is added: x + δ/deviation.</summary>
    public void Move(ReadOnlySpan<float> x, ReadOnlySpan<float> delta, Span<float> moved)
    {
        for (int i = 0, c = 0; i < x.Length; i++)
        {
            moved[i] = x[i] + delta[i] / deviation[c];
            if (++c == mean.Length) c = 0;
        }
    }

    /// <summary>Turns a gradient with respect to x into the one with respect to p: divides by the deviation.</summary>
    public void GradientOfPixels(Span<float> gradient)
    {
        for (int i = 0, c = 0; i < gradient.Length; i++)
        {
            gradient[i] /= deviation[c];
            if (++c == mean.Length) c = 0;
        }
    }

    /// <summary>‖deviation∘r‖₂: the length in pixels of a perturbation r of x.</summary>
    public double Length(ReadOnlySpan<float> r)
    {
        var total = 0.0;
        for (int i = 0, c = 0; i < r.Length; i++)
        {
            var pixel = (double)r[i] * deviation[c];
            total += pixel * pixel;
            if (++c == mean.Length) c = 0;
        }
        return Math.Sqrt(total);
    }
}

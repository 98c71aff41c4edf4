using LpcEngine.Engine;

namespace LpcEngine.Experiments.Robustness;

/// <summary>How the size of a perturbation is measured.</summary>
internal enum PerturbationNorm
{
    /// <summary>The Euclidean norm.</summary>
    L2,

    /// <summary>The largest change of a pixel in a channel.</summary>
    Linf,
}

/// <summary>The perturbations δ of an image p with ‖δ‖ ≤ ε and, where pixels are bounded, 0 ≤ p + δ ≤ 1: what projected gradient ascent needs of them.</summary>
/// <remarks>Bounds are given by the pixels p; without pixels (an empty span) there are none.</remarks>
internal static class PixelBall
{
    /// <summary>A random perturbation of the ball: uniform in it, then cut to the bounds.</summary>
    /// <param name="norm">The norm.</param>
    /// <param name="radius">ε.</param>
    /// <param name="pixels">The image; empty for no bounds.</param>
    /// <param name="delta">Receives δ.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">A stream of <see cref="Philox"/> for each start.</param>
    /// <param name="image">The image's index in its split. Each radius has the same draw, scaled.</param>
    public static void Start(PerturbationNorm norm, double radius, ReadOnlySpan<float> pixels, Span<float> delta, ulong seed, uint stream, int image)
    {
        var first = (ulong)image * (ulong)(delta.Length + 1);
        if (norm == PerturbationNorm.Linf)
        {
            for (var i = 0; i < delta.Length; i++) delta[i] = (float)(radius * (2.0 * Philox.Uniform(seed, stream, first + (ulong)i) - 1));
        }
        else
        {
            // A direction of a normal distribution is uniform; the share of a ball within r is (r/ε)^n.
            for (var i = 0; i < delta.Length; i++) delta[i] = Philox.Normal(seed, stream, first + (ulong)i);
            var length = radius * Math.Pow(Philox.Uniform(seed, stream, first + (ulong)delta.Length), 1.0 / delta.Length);
            Scale(delta, length / FloatVectors.Norm(delta));
        }
        Project(norm, radius, pixels, delta);
    }

    /// <summary>A step of steepest ascent: δ + step·g/‖g‖₂, or δ + step·sign(g) for L∞. None where the gradient is zero or not finite.</summary>
    public static void Ascend(PerturbationNorm norm, double step, ReadOnlySpan<float> gradient, Span<float> delta)
    {
        var length = FloatVectors.Norm(gradient);
        if (!(length > 0 && double.IsFinite(length))) return;
        if (norm == PerturbationNorm.L2)
        {
            FloatVectors.AddScaled(delta, step / length, gradient, delta);
            return;
        }
        for (var i = 0; i < delta.Length; i++) delta[i] += (float)step * Math.Sign(gradient[i]);
    }

    /// <summary>Projects: the nearest δ that is in the ball and within the bounds.</summary>
    /// <remarks>
    /// <para>L∞: each element alone. L2: the nearest point has the elements clip(s·δ), 0 ≤ s ≤ 1 (from the conditions of Karush, Kuhn and Tucker: the
    /// multiplier of the ball shrinks all elements alike, those of the bounds only act where they are met). As s grows, so does the norm; s is found by
    /// solving for it while the elements that are cut stay the same, which ends because they only become more.</para>
    /// </remarks>
    public static void Project(PerturbationNorm norm, double radius, ReadOnlySpan<float> pixels, Span<float> delta)
    {
        if (norm == PerturbationNorm.L2)
        {
            var length = FloatVectors.Norm(delta);
            // With bounds a perturbation that is too long may become short enough by being cut alone.
            var scale = length <= radius ? 1 : pixels.IsEmpty ? radius / length : ScaleWithBounds(radius, pixels, delta, radius / length);
            if (scale < 1) Scale(delta, scale);
        }
        var most = norm == PerturbationNorm.Linf ? (float)radius : float.PositiveInfinity;
        if (norm == PerturbationNorm.L2 && pixels.IsEmpty) return;
        for (var i = 0; i < delta.Length; i++)
        {
            var (low, high) = pixels.IsEmpty ? (-most, most) : (Math.Max(Low(pixels[i]), -most), Math.Min(High(pixels[i]), most));
            delta[i] = Math.Clamp(delta[i], low, high);
        }
    }

    private static double ScaleWithBounds(double radius, ReadOnlySpan<float> pixels, ReadOnlySpan<float> delta, double scale)
    {
        var cutBefore = -1;
        while (scale < 1)
        {
            var (cut, ofCut, ofFree) = (0, 0.0, 0.0);
            for (var i = 0; i < delta.Length; i++)
            {
                var (low, high, value) = (Low(pixels[i]), High(pixels[i]), (double)delta[i]);
                if (scale * value >= low && scale * value <= high) ofFree += value * value;
                else
                {
                    var bound = scale * value < low ? low : high;
                    ofCut += (double)bound * bound;
                    cut++;
                }
            }
            if (cut == cutBefore || ofFree == 0) break;
            scale = Math.Sqrt(Math.Max(0, radius * radius - ofCut) / ofFree); // below 0 by rounding alone
            cutBefore = cut;
        }
        return Math.Min(scale, 1);
    }

    // Rounding may put a black or white pixel a little outside.
    private static float Low(float pixel) => Math.Min(0, -pixel);

    private static float High(float pixel) => Math.Max(0, 1 - pixel);

    private static void Scale(Span<float> delta, double factor)
    {
        for (var i = 0; i < delta.Length; i++) delta[i] = (float)(factor * delta[i]);
    }
}

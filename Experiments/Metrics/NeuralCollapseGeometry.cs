namespace LpcEngine.Experiments.Metrics;

/// <summary>NC2: how near the class means are to a simplex of equal norms and equal angles.</summary>
/// <param name="Equinorm">std ‖m_c‖ / mean ‖m_c‖.</param>
/// <param name="Equiangularity">std of cos(m_i, m_j) over pairs i &lt; j.</param>
/// <param name="MaxAngle">mean over pairs of |cos(m_i, m_j) + 1/(C' − 1)|.</param>
internal sealed record NeuralCollapseGeometryResult(double Equinorm, double Equiangularity, double MaxAngle);

/// <summary>
/// NC2 (Papyan, Han, Donoho 2020; paper §Fig. 5), on m_c = μ_c − μ of the C' populated classes, true labels, population deviations.
/// NaN with fewer than two populated classes or when a class mean equals the global mean (it has no direction).
/// </summary>
internal static class NeuralCollapseGeometry
{
    /// <summary>Measures NC2.</summary>
    public static NeuralCollapseGeometryResult Measure(LatentSet latents)
    {
        double[][] means = [.. latents.Populated.Select(c => latents.CentredMeans[c])];
        double[] norms = [.. means.Select(m => Vectors.Norm(m))];
        if (!latents.IsSound || means.Length < 2 || norms.Max() == 0)
        {
            return new NeuralCollapseGeometryResult(double.NaN, double.NaN, double.NaN);
        }

        var (meanNorm, stdNorm) = Vectors.MeanAndStd(norms);
        double ideal = -1.0 / (means.Length - 1), pairs = means.Length * (means.Length - 1.0) / 2;
        // Twice over the pairs, which are too many to be kept: a thousand classes have half a million.
        double mean = OverPairs(latents, means, norms, cosine => cosine) / pairs;
        double variance = OverPairs(latents, means, norms, cosine => (cosine - mean) * (cosine - mean)) / pairs;
        double distance = OverPairs(latents, means, norms, cosine => Math.Abs(cosine - ideal)) / pairs;
        return new NeuralCollapseGeometryResult(stdNorm / meanNorm, Math.Sqrt(variance), distance);
    }

    private static double OverPairs(LatentSet latents, double[][] means, double[] norms, Func<double, double> term)
    {
        // A sum for each row, added in order: the same bits for any number of threads.
        var sums = new double[means.Length];
        latents.For(means.Length, i =>
        {
            // NaN for a mean without direction, on purpose.
            for (int j = i + 1; j < means.Length; j++) sums[i] += term(Vectors.Dot(means[i], means[j]) / (norms[i] * norms[j]));
        });
        return sums.Sum();
    }
}

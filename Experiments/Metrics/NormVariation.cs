namespace LpcEngine.Experiments.Metrics;

/// <summary>Norms of the latents.</summary>
/// <param name="MeanNorm">mean ‖z‖.</param>
/// <param name="Variation">std ‖z‖ / mean ‖z‖.</param>
internal sealed record NormVariationResult(double MeanNorm, double Variation);

/// <summary>
/// Mean norm, and the coefficient of variation of the norms (paper, Table 1): std(‖z‖) / mean(‖z‖) over all samples, population deviation.
/// Distances are from the origin, not from the mean. NaN when all latents are zero.
/// </summary>
internal static class NormVariation
{
    /// <summary>Measures a set.</summary>
    public static NormVariationResult Measure(LatentSet latents)
    {
        if (!latents.IsSound)
        {
            return new NormVariationResult(double.NaN, double.NaN);
        }

        double[] norms = new double[latents.Count];
        RowChunks.SumRows(latents, (sample, row, _) => norms[sample] = Vectors.Norm(row), 1);
        var (mean, std) = Vectors.MeanAndStd(norms);
        return new NormVariationResult(mean, mean > 0 ? std / mean : double.NaN);
    }
}

namespace LpcEngine.Experiments.Metrics;

/// <summary>Σ_W in four scalings.</summary>
/// <param name="MeanEntry">1ᵀΣ1 / d²: the mean of all matrix entries, the number in the paper's table.</param>
/// <param name="Trace">tr Σ.</param>
/// <param name="TracePerDim">tr Σ / d.</param>
/// <param name="Relative">tr Σ / (mean norm)²: free of scale, since the penalty shrinks everything.</param>
/// <param name="ClassesLeftOut">Populated classes of one member, which have no covariance.</param>
internal sealed record WithinClassCovarianceResult(double MeanEntry, double Trace, double TracePerDim, double Relative, int ClassesLeftOut);

/// <summary>
/// Within-class covariance (paper eq. 7): Σ_W = average over classes of Σ_c, where Σ_c = Σ_{i in c} (z_i − μ_c)(z_i − μ_c)ᵀ / (n_c − 1).
/// </summary>
/// <remarks>
/// Choices (the paper leaves them open): classes by true label, averaged without weights, sample covariance as in the authors' code.
/// A class with fewer than two members is left out of the average; with none left every value is NaN. The matrix itself is never
/// formed: its trace and the sum of its entries come from the deviations directly.
/// </remarks>
internal static class WithinClassCovariance
{
    /// <summary>Measures a set; <paramref name="meanNorm"/> is the mean of ‖z‖.</summary>
    public static WithinClassCovarianceResult Measure(LatentSet latents, double meanNorm)
    {
        int classes = latents.Classes, d = latents.Dimensions;
        int usable = latents.ClassCounts.Count(n => n >= 2), leftOut = latents.ClassCounts.Count(n => n == 1);
        if (!latents.IsSound || usable == 0)
        {
            return new WithinClassCovarianceResult(double.NaN, double.NaN, double.NaN, double.NaN, leftOut);
        }

        // For each class: the sum of squared lengths, and of squared coordinate sums, of its deviations.
        double[] sums = RowChunks.SumRows(
            latents,
            (sample, row, sum) =>
            {
                int c = latents.Labels[sample];
                double[] mean = latents.CentredMeans[c];
                double squares = 0, total = 0;
                for (int j = 0; j < row.Length; j++)
                {
                    double deviation = row[j] - latents.GlobalMean[j] - mean[j];
                    squares += deviation * deviation;
                    total += deviation;
                }

                sum[c] += squares;
                sum[classes + c] += total * total;
            },
            2 * classes);

        double trace = 0, entries = 0;
        for (int c = 0; c < classes; c++)
        {
            if (latents.ClassCounts[c] >= 2)
            {
                trace += sums[c] / (latents.ClassCounts[c] - 1) / usable;
                entries += sums[classes + c] / (latents.ClassCounts[c] - 1) / usable;
            }
        }

        return new WithinClassCovarianceResult(entries / ((double)d * d), trace, trace / d, trace / (meanNorm * meanNorm), leftOut);
    }
}

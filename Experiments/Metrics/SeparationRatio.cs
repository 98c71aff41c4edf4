namespace LpcEngine.Experiments.Metrics;

/// <summary>Class separation ratio.</summary>
/// <param name="Ratio">The mean over samples; NaN with fewer than two populated classes.</param>
/// <param name="OnCentroid">Samples so near their own centroid that the floor was used.</param>
/// <param name="Singletons">Samples that are alone in their class, left out: they are their own centroid.</param>
/// <param name="CodeRatio">As the authors' code has it: a sample exactly on its centroid, a lone one included, contributes 0.</param>
internal sealed record SeparationRatioResult(double Ratio, int OnCentroid, int Singletons, double CodeRatio);

/// <summary>
/// Class separation ratio R (paper eq. 8): for each sample the distance to the nearest centroid of another class, divided by the
/// distance to its own; the mean over samples.
/// </summary>
/// <remarks>
/// Choices (the paper leaves them open): true labels, Euclidean. The own distance is never taken below 10⁻¹² times the other one, so that
/// perfect collapse gives a large number and not 0 (as in the authors' code) or infinity; how often that happened is reported.
/// </remarks>
internal static class SeparationRatio
{
    /// <summary>The smallest own distance, in units of the distance to the nearest other centroid.</summary>
    public const double Floor = 1e-12;

    /// <summary>Measures a set.</summary>
    public static SeparationRatioResult Measure(LatentSet latents)
    {
        int[] populated = latents.Populated;
        int singletons = latents.ClassCounts.Count(n => n == 1);
        if (!latents.IsSound || populated.Length < 2 || singletons == latents.Count)
        {
            return new SeparationRatioResult(double.NaN, 0, singletons, double.NaN);
        }

        const int Ratio = 0, Floored = 1, CodeRatio = 2, Length = 3;
        double[] sums = RowChunks.SumRows(
            latents,
            (sample, row, sum) =>
            {
                int own = latents.Labels[sample];
                if (latents.ClassCounts[own] == 1)
                {
                    return;
                }

                Span<double> centred = row.Length <= 256 ? stackalloc double[row.Length] : new double[row.Length];
                latents.CopyCentred(sample, centred);
                double nearest = double.PositiveInfinity;
                foreach (int c in populated)
                {
                    if (c != own)
                    {
                        nearest = Math.Min(nearest, Vectors.SquaredDistance(centred, latents.CentredMeans[c]));
                    }
                }

                double other = Math.Sqrt(nearest), mine = Math.Sqrt(Vectors.SquaredDistance(centred, latents.CentredMeans[own]));
                bool floored = mine < Floor * other || mine == 0;
                sum[Floored] += floored ? 1 : 0;

                // Where all points coincide both distances are 0: nothing separates, and the ratio is 0.
                sum[CodeRatio] += mine > 0 ? other / mine : 0;
                sum[Ratio] += !floored ? other / mine : other > 0 ? 1 / Floor : 0;
            },
            Length);
        return new SeparationRatioResult(sums[Ratio] / (latents.Count - singletons), (int)sums[Floored], singletons, sums[CodeRatio] / latents.Count);
    }
}

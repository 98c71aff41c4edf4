namespace LpcEngine.Experiments.Metrics;

/// <summary>How far each coordinate takes two values only.</summary>
/// <param name="Score">Mean over coordinates of the mean log-likelihood; NaN with fewer than two samples.</param>
/// <param name="ScoreMin">The least of them.</param>
/// <param name="Distance">Mean over coordinates of the distance of the two peaks in units of their width.</param>
/// <param name="DistanceMin">The least of them.</param>
/// <param name="Sigma">Mean over coordinates of the peaks' width, in units of the coordinate's deviation.</param>
/// <param name="Constant">Coordinates that never vary: counted like the others, with score 5.99, distance 0 and width 0.001.</param>
internal sealed record BinarityResult(double Score, double ScoreMin, double Distance, double DistanceMin, double Sigma, int Constant);

/// <summary>
/// Binarity (paper §4.3, eq. 11 to 13, Table 4, Fig. 4): each coordinate, standardised, is fitted with a mixture of two Gaussians
/// (<see cref="TwoPeaks"/>). One Gaussian scores −1.42; two equal peaks of width s score −2.1121 − ln s at distance 2/s.
/// </summary>
/// <remarks>The paper shows it for linear penultimate layers; it is computed for any latents. Coordinates are independent and done in parallel.</remarks>
internal static class Binarity
{
    // Neighbouring coordinates lie in one cache line: a task gathers a few columns in one pass over the rows.
    private const int Columns = 4;

    /// <summary>Measures a set.</summary>
    public static BinarityResult Measure(LatentSet latents)
    {
        if (!latents.IsSound || latents.Count < 2)
        {
            return new BinarityResult(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, 0);
        }

        var fits = Fits(latents);
        return new BinarityResult(
            fits.Average(f => f.Score), fits.Min(f => f.Score), fits.Average(f => f.Distance), fits.Min(f => f.Distance), fits.Average(f => f.Sigma),
            fits.Count(f => f.First.Mean == f.Second.Mean && f.First.Variance == f.Second.Variance));
    }

    /// <summary>The fit of each coordinate of a set without NaN.</summary>
    public static TwoPeaksFit[] Fits(LatentSet latents)
    {
        int d = latents.Dimensions, n = latents.Count;
        var fits = new TwoPeaksFit[d];
        latents.For((d + Columns - 1) / Columns, task =>
        {
            int first = task * Columns, columns = Math.Min(Columns, d - first);
            double[] values = new double[columns * (long)n];
            latents.CopyColumns(first, columns, values);
            for (int c = 0; c < columns; c++)
            {
                fits[first + c] = TwoPeaks.Fit(values.AsSpan(c * n, n));
            }
        });
        return fits;
    }
}

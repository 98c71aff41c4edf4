namespace LpcEngine.Experiments.Metrics;

/// <summary>
/// Coefficient of variation of the absolute coordinates (paper, Table 4): std(|z_ij|) / mean(|z_ij|) over all samples and coordinates,
/// population deviation. It falls to 0 where every coordinate is +v or −v. NaN when all latents are zero.
/// </summary>
internal static class AbsoluteVariation
{
    /// <summary>Measures a set.</summary>
    public static double Measure(LatentSet latents)
    {
        if (!latents.IsSound)
        {
            return double.NaN;
        }

        double entries = (double)latents.Count * latents.Dimensions;
        double mean = Sum(latents, 0, squared: false) / entries;
        return mean > 0 ? Math.Sqrt(Sum(latents, mean, squared: true) / entries) / mean : double.NaN;
    }

    /// <summary>The sum of |z| − centre, or of its square: two passes, as one pass would lose digits when |z| hardly varies.</summary>
    private static double Sum(LatentSet latents, double centre, bool squared) => RowChunks.SumRows(
        latents,
        (_, row, sum) =>
        {
            double total = 0;
            foreach (double z in row)
            {
                double deviation = Math.Abs(z) - centre;
                total += squared ? deviation * deviation : deviation;
            }

            sum[0] += total;
        },
        1)[0];
}

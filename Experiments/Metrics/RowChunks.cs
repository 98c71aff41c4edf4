namespace LpcEngine.Experiments.Metrics;

/// <summary>
/// Goes through samples on all cores and adds up, with the same bits for any number of threads: the work is cut at fixed places,
/// and the partial sums are added in their order.
/// </summary>
internal static class RowChunks
{
    private const int Parts = 64;

    /// <summary>Adds one sample's share to a chunk's sums.</summary>
    public delegate void Accumulate(int sample, ReadOnlySpan<double> row, Span<double> sum);

    /// <summary>Visits every sample with its coordinates; returns the sums over all of them.</summary>
    /// <param name="latents">The samples.</param>
    /// <param name="accumulate">Adds a sample to the sums of its chunk.</param>
    /// <param name="length">How many sums.</param>
    public static double[] SumRows(LatentSet latents, Accumulate accumulate, int length)
    {
        // Few chunks when each needs many sums (1,000 classes × 2,048 dimensions), by size alone and never by cores.
        int parts = (int)Math.Clamp((1L << 25) / Math.Max(1, length), 2, Parts);
        int chunk = (latents.Count + parts - 1) / parts;
        var partial = new double[parts][];
        latents.For(parts, part =>
        {
            double[] sum = new double[length], row = new double[latents.Dimensions];
            int end = Math.Min(latents.Count, (part + 1) * chunk);
            for (int sample = part * chunk; sample < end; sample++)
            {
                latents.CopyRow(sample, row);
                accumulate(sample, row, sum);
            }

            partial[part] = sum;
        });

        double[] total = partial[0];
        for (int part = 1; part < parts; part++)
        {
            for (int j = 0; j < length; j++)
            {
                total[j] += partial[part][j];
            }
        }

        return total;
    }
}

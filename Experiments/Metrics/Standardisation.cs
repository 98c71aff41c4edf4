namespace LpcEngine.Experiments.Metrics;

/// <summary>Mean and deviation of each coordinate over all samples: what turns latents into standardised ones.</summary>
/// <remarks>
/// Population deviation. Both passes take the first sample off beforehand: of a constant coordinate nothing is left then, and its deviation is
/// exactly 0, whereas the rounding of a plain mean would be blown up to ±1. A coordinate of deviation 0 is divided by 1 (paper §4.1).
/// </remarks>
internal sealed class Standardisation
{
    private Standardisation(double[] mean, double[] deviation) => (Mean, Deviation) = (mean, deviation);

    /// <summary>Mean of each coordinate.</summary>
    public double[] Mean { get; }

    /// <summary>Population deviation of each coordinate; 0 for a constant one.</summary>
    public double[] Deviation { get; }

    /// <summary>Coordinates that have the same value in all samples.</summary>
    public int Constant => Deviation.Count(s => s == 0);

    /// <summary>What to multiply a difference of two samples with: 1/deviation, or 1 for a constant coordinate.</summary>
    public double[] Weights => [.. Deviation.Select(s => s > 0 ? 1 / s : 1)];

    /// <summary>Of a set without NaN.</summary>
    public static Standardisation Of(LatentSet latents)
    {
        double[] first = new double[latents.Dimensions];
        latents.CopyRow(0, first);
        double[] shift = RowChunks.SumRows(
            latents,
            (_, row, sum) =>
            {
                for (int j = 0; j < row.Length; j++)
                {
                    sum[j] += row[j] - first[j];
                }
            },
            latents.Dimensions);
        for (int j = 0; j < shift.Length; j++)
        {
            shift[j] /= latents.Count;
        }

        double[] squares = RowChunks.SumRows(
            latents,
            (_, row, sum) =>
            {
                for (int j = 0; j < row.Length; j++)
                {
                    double deviation = row[j] - first[j] - shift[j];
                    sum[j] += deviation * deviation;
                }
            },
            latents.Dimensions);
        return new Standardisation([.. first.Zip(shift, (a, b) => a + b)], [.. squares.Select(s => Math.Sqrt(s / latents.Count))]);
    }
}

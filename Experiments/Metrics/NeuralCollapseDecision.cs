namespace LpcEngine.Experiments.Metrics;

/// <summary>
/// NC4, simplification to nearest class centre (Papyan, Han, Donoho 2020): the share of samples whose nearest class mean is another class
/// than the one with the largest logit W z (no bias). Means by true label, populated classes only for the centres; a tie goes to the lower class.
/// </summary>
internal static class NeuralCollapseDecision
{
    /// <summary>Measures NC4; the classifier is [C, d], row by row.</summary>
    public static double Measure(LatentSet latents, double[] classifier)
    {
        if (!latents.IsSound)
        {
            return double.NaN;
        }

        int[] populated = latents.Populated;
        double[] sums = RowChunks.SumRows(
            latents,
            (sample, row, sum) =>
            {
                Span<double> centred = row.Length <= 256 ? stackalloc double[row.Length] : new double[row.Length];
                latents.CopyCentred(sample, centred);
                int nearest = -1;
                double least = double.PositiveInfinity;
                foreach (int c in populated)
                {
                    double distance = Vectors.SquaredDistance(centred, latents.CentredMeans[c]);
                    (least, nearest) = distance < least ? (distance, c) : (least, nearest);
                }

                sum[0] += nearest != Predictions.Of(row, classifier) ? 1 : 0;
            },
            1);
        return sums[0] / latents.Count;
    }
}

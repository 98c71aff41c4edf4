namespace LpcEngine.Experiments.Metrics;

/// <summary>
/// NC3, self-duality (Papyan, Han, Donoho 2020; named in the paper, computed in none of the authors' snapshots):
/// ‖ W/‖W‖_F − M/‖M‖_F ‖_F with the classifier's rows W and the centred class means M, populated classes only, true labels.
/// 0 when they are proportional, √2 when unrelated, 2 when opposed. NaN when either is zero.
/// </summary>
internal static class NeuralCollapseDuality
{
    /// <summary>Measures NC3; the classifier is [C, d], row by row.</summary>
    public static double Measure(LatentSet latents, double[] classifier)
    {
        int[] populated = latents.Populated;
        int d = latents.Dimensions;
        double weightNorm = Math.Sqrt(populated.Sum(c => Vectors.Dot(classifier.AsSpan(c * d, d), classifier.AsSpan(c * d, d))));
        double meanNorm = Math.Sqrt(populated.Sum(c => Vectors.Dot(latents.CentredMeans[c], latents.CentredMeans[c])));
        if (!latents.IsSound || weightNorm == 0 || meanNorm == 0)
        {
            return double.NaN;
        }

        double sum = 0;
        foreach (int c in populated)
        {
            for (int j = 0; j < d; j++)
            {
                double difference = (classifier[(c * d) + j] / weightNorm) - (latents.CentredMeans[c][j] / meanNorm);
                sum += difference * difference;
            }
        }

        return Math.Sqrt(sum);
    }
}

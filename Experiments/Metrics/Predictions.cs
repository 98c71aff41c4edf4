namespace LpcEngine.Experiments.Metrics;

/// <summary>What a classifier without bias says of latents: the class with the largest logit W z, the lower one of equals.</summary>
internal static class Predictions
{
    /// <summary>Of a set without NaN; the classifier is [C, d], row by row.</summary>
    public static int[] Of(LatentSet latents, double[] classifier)
    {
        int[] predicted = new int[latents.Count];
        RowChunks.SumRows(latents, (sample, row, _) => predicted[sample] = Of(row, classifier), 1);
        return predicted;
    }

    /// <summary>Of one sample.</summary>
    public static int Of(ReadOnlySpan<double> sample, double[] classifier)
    {
        int chosen = 0, d = sample.Length;
        double most = double.NegativeInfinity;
        for (int c = 0; c < classifier.Length / d; c++)
        {
            double logit = Vectors.Dot(sample, classifier.AsSpan(c * d, d));
            (most, chosen) = logit > most ? (logit, c) : (most, chosen);
        }

        return chosen;
    }
}

using LpcEngine.Engine;

namespace LpcEngine.Experiments.Metrics;

/// <summary>Every latent-space measurement of one split, under the names that summary.json uses.</summary>
/// <param name="Values">Name and value, in the order to print; NaN where the measurement does not exist.</param>
/// <param name="Notes">What was left out, floored or impossible, one sentence each.</param>
internal sealed record LatentMetricsResult(IReadOnlyList<KeyValuePair<string, double>> Values, IReadOnlyList<string> Notes)
{
    /// <summary>The value of a name.</summary>
    public double this[string name] => Values.First(v => v.Key == name).Value;
}

/// <summary>Runs the measurements, each of which has its definition in a file of its own; docs/metrics.md has them in one table.</summary>
internal static class LatentMetrics
{
    /// <summary>Measures a set; NC3, NC4 and what groups by prediction need the classifier [C, d] and are NaN without it.</summary>
    /// <param name="latents">The samples.</param>
    /// <param name="classifier">[C, d], row by row.</param>
    /// <param name="withEntropy">Whether to estimate the entropies, which alone cost time quadratic in N; without it they are not among the values.</param>
    /// <param name="neighbours">Which neighbour the entropies look at.</param>
    /// <exception cref="UserErrorException">The classifier's length does not fit, or it holds NaN.</exception>
    public static LatentMetricsResult Measure(LatentSet latents, double[]? classifier = null, bool withEntropy = true, int neighbours = LatentEntropy.Neighbours)
    {
        if (classifier is not null && classifier.LongLength != (long)latents.Classes * latents.Dimensions)
        {
            throw new UserErrorException($"The classifier has {classifier.LongLength} numbers; for {latents.Classes} classes and {latents.Dimensions} dimensions it must be [{latents.Classes}, {latents.Dimensions}].");
        }

        if (classifier?.Any(w => !double.IsFinite(w)) == true)
        {
            throw new UserErrorException("The classifier holds NaN or infinite numbers; every one must be finite.");
        }

        var norms = NormVariation.Measure(latents);
        var covariance = WithinClassCovariance.Measure(latents, norms.MeanNorm);
        var separation = SeparationRatio.Measure(latents);
        var geometry = NeuralCollapseGeometry.Measure(latents);
        var binarity = Binarity.Measure(latents);
        var entropy = withEntropy ? LatentEntropy.Measure(latents, neighbours) : null;
        double nc1 = NeuralCollapseVariability.Measure(latents);
        List<KeyValuePair<string, double>> values =
        [
            new("sigma_w_mean_entry", covariance.MeanEntry),
            new("sigma_w_trace", covariance.Trace),
            new("sigma_w_trace_per_dim", covariance.TracePerDim),
            new("sigma_w_relative", covariance.Relative),
            new("separation_ratio", separation.Ratio),
            new("cv_norm", norms.Variation),
            new("cv_abs", AbsoluteVariation.Measure(latents)),
            new("mean_norm", norms.MeanNorm),
        ];
        if (entropy is not null)
        {
            values.Add(new("entropy", entropy.PerDim));
            values.Add(new("entropy_raw", entropy.Raw));
        }

        values.AddRange(
        [
            new("nc1", nc1),
            new("nc1_per_dim", nc1 / latents.Dimensions),
            new("nc2_equinorm", geometry.Equinorm),
            new("nc2_equiangularity", geometry.Equiangularity),
            new("nc2_max_angle", geometry.MaxAngle),
            new("nc3", classifier is null ? double.NaN : NeuralCollapseDuality.Measure(latents, classifier)),
            new("nc4_mismatch", classifier is null ? double.NaN : NeuralCollapseDecision.Measure(latents, classifier)),
            new("binarity_score", binarity.Score),
            new("binarity_score_min", binarity.ScoreMin),
            new("peaks_distance", binarity.Distance),
            new("peaks_distance_min", binarity.DistanceMin),
            new("binarity_sigma", binarity.Sigma),
        ]);
        AsTheAuthorsCode(values, latents, classifier, separation);
        return new LatentMetricsResult(values, [.. Notes(latents, covariance, separation), .. OtherNotes(latents, binarity, entropy, neighbours)]);
    }

    /// <summary>The numbers that the authors' code would give, where its definition differs from the one above.</summary>
    private static void AsTheAuthorsCode(List<KeyValuePair<string, double>> values, LatentSet latents, double[]? classifier, SeparationRatioResult separation)
    {
        values.Add(new("separation_ratio_code", separation.CodeRatio));
        values.Add(new("separation_on_centroid", double.IsNaN(separation.Ratio) ? double.NaN : separation.OnCentroid));
        var predicted = classifier is null || !latents.IsSound ? null : latents.WithLabels(Predictions.Of(latents, classifier));
        var geometry = predicted is null ? null : NeuralCollapseGeometry.Measure(predicted);
        values.Add(new("sigma_w_mean_entry_predicted", predicted is null ? double.NaN : WithinClassCovariance.Measure(predicted, 1).MeanEntry));
        values.Add(new("nc1_predicted", predicted is null ? double.NaN : NeuralCollapseVariability.Measure(predicted)));
        values.Add(new("nc2_equinorm_predicted", geometry?.Equinorm ?? double.NaN));
        values.Add(new("nc2_equiangularity_predicted", geometry?.Equiangularity ?? double.NaN));
        values.Add(new("nc2_max_angle_predicted", geometry?.MaxAngle ?? double.NaN));
    }

    private static IEnumerable<string> OtherNotes(LatentSet latents, BinarityResult binarity, LatentEntropyResult? entropy, int neighbours)
    {
        if (!latents.IsSound)
        {
            yield break;
        }

        if (latents.Count < 2)
        {
            yield return "a single sample: binarity does not exist";
        }

        if (binarity.Constant > 0)
        {
            yield return $"{binarity.Constant} of {latents.Dimensions} coordinates never vary: each counts as one peak of the least width, with score 5.99 and peaks distance 0";
        }

        if (entropy is not null && latents.Count <= neighbours)
        {
            yield return $"the entropies look at neighbour {neighbours} and need more than {neighbours} samples, not {latents.Count}";
        }

        if (entropy?.Near > 0)
        {
            yield return $"{entropy.Near} samples have neighbour {neighbours} nearer than 1e-8, where the 1e-10 added to distances shows in entropy_raw";
        }
    }

    private static IEnumerable<string> Notes(LatentSet latents, WithinClassCovarianceResult covariance, SeparationRatioResult separation)
    {
        if (!latents.IsSound)
        {
            yield return $"{latents.NonFinite} of {latents.Count} samples hold NaN or infinite coordinates (the first is sample {latents.FirstNonFinite}): nothing can be measured";
            yield break;
        }

        int empty = latents.ClassCounts.Count(n => n == 0);
        if (empty > 0)
        {
            yield return $"{empty} of {latents.Classes} classes have no samples and are left out";
        }

        if (covariance.ClassesLeftOut > 0)
        {
            yield return $"{covariance.ClassesLeftOut} classes have a single sample: left out of the within-class covariance and of the separation ratio";
        }

        if (latents.Populated.Length < 2)
        {
            yield return "all samples are of one class: nothing separates, so the separation ratio and neural collapse do not exist";
        }

        if (separation.OnCentroid > 0)
        {
            yield return $"{separation.OnCentroid} samples lie on their class's centroid; their distance counts as {SeparationRatio.Floor:G} of that to the next centroid";
        }
    }
}

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

/// <summary>Runs the measurements, each of which has its definition in a file of its own.</summary>
internal static class LatentMetrics
{
    /// <summary>Measures a set; NC3 and NC4 need the classifier [C, d] and are NaN without it.</summary>
    /// <exception cref="UserErrorException">The classifier's length does not fit.</exception>
    public static LatentMetricsResult Measure(LatentSet latents, double[]? classifier = null)
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
        double nc1 = NeuralCollapseVariability.Measure(latents);
        return new LatentMetricsResult(
            [
                new("sigma_w_mean_entry", covariance.MeanEntry),
                new("sigma_w_trace", covariance.Trace),
                new("sigma_w_trace_per_dim", covariance.TracePerDim),
                new("sigma_w_relative", covariance.Relative),
                new("separation_ratio", separation.Ratio),
                new("cv_norm", norms.Variation),
                new("cv_abs", AbsoluteVariation.Measure(latents)),
                new("mean_norm", norms.MeanNorm),
                new("nc1", nc1),
                new("nc1_per_dim", nc1 / latents.Dimensions),
                new("nc2_equinorm", geometry.Equinorm),
                new("nc2_equiangularity", geometry.Equiangularity),
                new("nc2_max_angle", geometry.MaxAngle),
                new("nc3", classifier is null ? double.NaN : NeuralCollapseDuality.Measure(latents, classifier)),
                new("nc4_mismatch", classifier is null ? double.NaN : NeuralCollapseDecision.Measure(latents, classifier)),
            ],
            [.. Notes(latents, covariance, separation)]);
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

using System.Text.Json.Nodes;
using LpcEngine.Experiments.Robustness;

namespace LpcEngine.Experiments.Training;

/// <summary>The content of summary.json: the run's result in one object.</summary>
internal static class RunSummary
{
    // What a reader may ask each split for. A measurement that was not made is null, not absent.
    private static readonly string[] LatentKeys =
    [
        "sigma_w_mean_entry", "sigma_w_trace", "sigma_w_trace_per_dim", "sigma_w_relative", "separation_ratio", "cv_norm", "cv_abs", "mean_norm", "entropy", "entropy_raw", "nc1", "nc1_per_dim",
        "nc2_equinorm", "nc2_equiangularity", "nc2_max_angle", "nc3", "nc4_mismatch", "binarity_score", "binarity_score_min", "peaks_distance", "peaks_distance_min", "binarity_sigma",
    ];

    private static readonly string[] AttackKeys =
        ["deepfool_relative", "deepfool_absolute", "deepfool_median", "deepfool_fooled", "deepfool_images", "deepfool_nonfinite", "pgd"];

    /// <summary>What a run is, how far it went, and what was measured.</summary>
    /// <param name="config">The run.</param>
    /// <param name="state">Where it stands; null where only its weights are left, and its earlier summary says it.</param>
    /// <param name="measured">What was measured.</param>
    /// <param name="earlier">An earlier summary of the same weights: what is not measured now is kept.</param>
    public static JsonObject Of(RunConfig config, RunState? state, FinalMeasurements measured, JsonObject? earlier = null)
    {
        var evaluation = measured.Evaluation;
        var test = evaluation?.Test;
        var summary = new JsonObject
        {
            ["data_set"] = config.DataSet,
            ["variant"] = config.Variant,
            ["preset"] = config.Preset,
            ["test_accuracy"] = Optional(test?.Scores.Accuracy),
            ["train_accuracy"] = Optional(evaluation?.Train.Scores.Accuracy),
        };
        if (evaluation?.Validation is { } held) summary["validation_accuracy"] = MetricLines.Number(held.Accuracy);
        summary["top5_accuracy"] = Optional(test?.Scores.Top5);
        summary["test_loss"] = Optional(test?.Scores.CrossEntropy);
        if (evaluation?.Validation is { } validation) summary["validation_loss"] = MetricLines.Number(validation.CrossEntropy);
        if (state is not null) AddProgress(summary, state);
        summary["train"] = Measures(evaluation?.Train);
        summary["test"] = Measures(test);
        RobustnessSummary.Add(summary["test"]!.AsObject(), measured.DeepFool);
        RobustnessSummary.Add(summary["train"]!.AsObject(), summary["test"]!.AsObject(), measured.Robustness);
        if (measured.Augmented is { } augmented) summary["train_augmented"] = Augmented(augmented);
        if (earlier is not null) Keep(earlier, summary);
        Complete(summary["train"]!.AsObject(), LatentKeys);
        Complete(summary["test"]!.AsObject(), [.. LatentKeys, .. AttackKeys]);
        return summary;
    }

    private static void Complete(JsonObject split, IEnumerable<string> keys)
    {
        foreach (var key in keys) split.TryAdd(key, null);
    }

    private static void AddProgress(JsonObject summary, RunState state)
    {
        summary["convergence_epoch"] = state.ConvergenceEpoch;
        summary["epochs"] = state.Finished ? state.Epoch : state.Epoch - 1;
        summary["steps"] = state.Steps;
        summary["seconds"] = state.Seconds;
        summary["images_per_second"] = MetricLines.Number(state.Images / state.Seconds);
    }

    // An attack that was not made again stays; a latent measurement of an older version that is gone goes.
    private static void Keep(JsonObject earlier, JsonObject summary)
    {
        foreach (var (key, value) in earlier)
            if (!summary.ContainsKey(key)) summary[key] = value?.DeepClone();
        foreach (var split in new[] { "train", "test" })
            if (earlier[split] is JsonObject before && summary[split] is JsonObject now) RobustnessSummary.Keep(before, now);
    }

    private static JsonObject Augmented(SplitEvaluation split)
    {
        var measures = Measures(split);
        measures.Insert(0, "accuracy", MetricLines.Number(split.Scores.Accuracy));
        measures.Insert(1, "loss", MetricLines.Number(split.Scores.CrossEntropy));
        return measures;
    }

    private static JsonNode? Optional(double? value) => value is { } number ? MetricLines.Number(number) : null;

    private static JsonObject Measures(SplitEvaluation? split)
    {
        var measures = new JsonObject();
        if (split is null) return measures;
        foreach (var (name, value) in split.Measures.Values) measures[name] = MetricLines.Number(value);
        if (split.Measures.Notes.Count > 0) measures["notes"] = new JsonArray([.. split.Measures.Notes.Select(note => JsonValue.Create(note))]);
        return measures;
    }
}

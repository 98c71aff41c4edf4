using System.Text.Json.Nodes;
using LpcEngine.Experiments.Robustness;

namespace LpcEngine.Experiments.Training;

/// <summary>The content of summary.json: the run's result in one object.</summary>
internal static class RunSummary
{
    public static JsonObject Of(RunConfig config, RunState state, FinalMeasurements measured)
    {
        var (evaluation, deepFool) = measured;
        var test = evaluation?.Test;
        return new JsonObject
        {
            ["data_set"] = config.DataSet,
            ["variant"] = config.Variant,
            ["preset"] = config.Preset,
            ["test_accuracy"] = Optional(test?.Scores.Accuracy),
            ["train_accuracy"] = Optional(evaluation?.Train.Scores.Accuracy),
            ["top5_accuracy"] = Optional(test?.Scores.Top5),
            ["test_loss"] = Optional(test?.Scores.CrossEntropy),
            ["convergence_epoch"] = state.ConvergenceEpoch,
            ["epochs"] = state.Finished ? state.Epoch : state.Epoch - 1,
            ["steps"] = state.Steps,
            ["seconds"] = state.Seconds,
            ["images_per_second"] = MetricLines.Number(state.Images / state.Seconds),
            ["train"] = Measures(evaluation?.Train),
            ["test"] = AddDeepFool(Measures(test), deepFool),
        };
    }

    private static JsonNode? Optional(double? value) => value is { } number ? MetricLines.Number(number) : null;

    private static JsonObject AddDeepFool(JsonObject measures, DeepFoolResult? deepFool)
    {
        if (deepFool is null) return measures;
        measures["deepfool_relative"] = MetricLines.Number(deepFool.Relative);
        measures["deepfool_absolute"] = MetricLines.Number(deepFool.Absolute);
        measures["deepfool_median"] = MetricLines.Number(deepFool.Median);
        measures["deepfool_fooled"] = MetricLines.Number(deepFool.Fooled);
        measures["deepfool_images"] = deepFool.Images.Count;
        measures["deepfool_nonfinite"] = deepFool.NonFinite;
        return measures;
    }

    private static JsonObject Measures(SplitEvaluation? split)
    {
        var measures = new JsonObject();
        if (split is null) return measures;
        foreach (var (name, value) in split.Measures.Values) measures[name] = MetricLines.Number(value);
        if (split.Measures.Notes.Count > 0) measures["notes"] = new JsonArray([.. split.Measures.Notes.Select(note => JsonValue.Create(note))]);
        return measures;
    }
}

using System.Text.Json.Nodes;

namespace LpcEngine.Experiments.Training;

/// <summary>The lines of metrics.jsonl.</summary>
internal static class MetricLines
{
    /// <summary>An epoch's lines: one for the training split, one for the test split when it was evaluated.</summary>
    /// <remarks>
    /// <c>running_*</c> are means over the epoch's batches as they were trained on (augmented, weights changing); the other keys come from an
    /// evaluation of the whole split after the epoch.
    /// </remarks>
    public static IEnumerable<JsonObject> OfEpoch(Trainer trainer, Tallies running, RunState state, EpochEvaluation? evaluation)
    {
        var train = new JsonObject
        {
            ["epoch"] = trainer.Epoch,
            ["split"] = "train",
            ["step"] = state.Steps,
            ["learning_rate"] = trainer.Rate,
            ["gamma"] = trainer.Gamma,
            ["running_loss"] = Number(running.Loss),
            ["running_cross_entropy"] = Number(running.CrossEntropy),
            ["running_penalty"] = Number(running.Penalty),
            ["running_accuracy"] = Number(running.Accuracy),
            ["seconds"] = Number(state.Seconds),
            ["images_per_second"] = Number(state.Images / state.Seconds),
        };
        AddTerms(train, trainer, "running_contrastive", running.Contrastive);
        if (evaluation is not null) Add(train, evaluation.Train);
        if (evaluation?.Validation is { } validation)
        {
            train["validation_loss"] = Number(validation.CrossEntropy);
            train["validation_accuracy"] = Number(validation.Accuracy);
        }
        yield return train;
        if (evaluation?.Test is not { } test) yield break;
        var line = new JsonObject { ["epoch"] = trainer.Epoch, ["split"] = "test", ["step"] = state.Steps };
        Add(line, test);
        yield return line;
    }

    /// <summary>A step's line: the losses of its batch.</summary>
    /// <param name="trainer">Says which terms there are.</param>
    /// <param name="result">The losses.</param>
    /// <param name="step">Steps of the run so far, this one included.</param>
    public static JsonObject OfStep(Trainer trainer, StepResult result, long step)
    {
        var line = new JsonObject
        {
            ["split"] = "step",
            ["epoch"] = trainer.Epoch,
            ["step"] = step,
            ["loss"] = Number(result.Loss),
            ["cross_entropy"] = Number(result.CrossEntropy),
            ["penalty"] = Number(result.Penalty),
        };
        AddTerms(line, trainer, "contrastive", result.Contrastive);
        return line;
    }

    // What only some variants have.
    private static void AddTerms(JsonObject line, Trainer trainer, string contrastiveName, double contrastive)
    {
        if (trainer.HasContrastive) line[contrastiveName] = Number(contrastive);
        if (trainer.Scale is { } scale) line["scale"] = scale;
        if (trainer.Margin is { } margin) line["margin"] = margin;
    }

    /// <summary>A number, or null when it is not finite: JSON has no NaN.</summary>
    public static JsonNode? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    private static void Add(JsonObject line, SplitEvaluation split)
    {
        line["loss"] = Number(split.Scores.CrossEntropy);
        line["accuracy"] = Number(split.Scores.Accuracy);
        line["top5_accuracy"] = Number(split.Scores.Top5);
        foreach (var (name, value) in split.Measures.Values) line[name] = Number(value);
    }
}

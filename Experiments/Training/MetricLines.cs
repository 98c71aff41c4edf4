using System.Text.Json.Nodes;
using LpcEngine.Experiments.Runs;

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
        var train = Begin("train", trainer.Epoch, state.Steps);
        AddRunning(train, trainer, running, state);
        return evaluation is null ? [train] : Evaluated(train, evaluation);
    }

    /// <summary>The lines of a run's last evaluation where <c>--steps</c> ends it and its epoch has none: as an epoch's, and <see cref="MetricsLog.Stopped"/>.</summary>
    /// <remarks>Within an epoch, <c>running_*</c> are means over its batches so far. At the end of one its own line has them already; this one adds the evaluation alone.</remarks>
    public static IEnumerable<JsonObject> OfStop(Trainer trainer, Tallies running, RunState state, EpochEvaluation evaluation)
    {
        var isWithin = trainer.StepOfEpoch > 0;
        var train = Begin("train", isWithin ? trainer.Epoch : trainer.Epoch - 1, state.Steps); // between two epochs the trainer stands in the next one
        if (isWithin) AddRunning(train, trainer, running, state);
        foreach (var line in Evaluated(train, evaluation))
        {
            line.Insert(line.IndexOf("step") + 1, MetricsLog.Stopped, true);
            yield return line;
        }
    }

    /// <summary>Whether some lines hold the evaluation of a run's weights as they were after so many steps.</summary>
    public static bool HasEvaluation(IEnumerable<JsonObject> lines, long steps) =>
        lines.Any(line => line["split"]?.ToString() == "train" && JsonText.Number(line, "step") == steps && line["accuracy"] is not null);

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

    private static JsonObject Begin(string split, int epoch, long step) => new() { ["epoch"] = epoch, ["split"] = split, ["step"] = step };

    private static void AddRunning(JsonObject line, Trainer trainer, Tallies running, RunState state)
    {
        line["learning_rate"] = trainer.Rate;
        line["gamma"] = trainer.Gamma;
        line["running_loss"] = Number(running.Loss);
        line["running_cross_entropy"] = Number(running.CrossEntropy);
        line["running_penalty"] = Number(running.Penalty);
        line["running_accuracy"] = Number(running.Accuracy);
        line["seconds"] = Number(state.Seconds);
        line["images_per_second"] = Number(state.Images / state.Seconds);
        AddTerms(line, trainer, "running_contrastive", running.Contrastive);
    }

    // The training split's line with what was measured, and the test split's.
    private static IEnumerable<JsonObject> Evaluated(JsonObject train, EpochEvaluation evaluation)
    {
        Add(train, evaluation.Train);
        if (evaluation.Validation is { } validation)
        {
            train["validation_loss"] = Number(validation.CrossEntropy);
            train["validation_accuracy"] = Number(validation.Accuracy);
        }
        if (evaluation.Test is not { } split) return [train];
        var test = Begin("test", (int)train["epoch"]!, (long)train["step"]!);
        Add(test, split);
        return [train, test];
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

using System.Diagnostics;
using System.Globalization;
using LpcEngine.Engine;
using LpcEngine.Experiments.Robustness;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>A short training on the drawn data set, as the preset <c>quick</c> begins, which must reach an accuracy on images that it has not seen; then DeepFool on these, which is timed.</summary>
/// <param name="goal">What to train and what to reach.</param>
internal sealed class TrainingPart(TrainingGoal goal) : IAcceptancePart
{
    public string Name => "training";

    public double Share => 60;

    public bool Judges => true;

    public bool WantsFreshDevices => true;

    public string? Obstacle(AcceptanceOptions options) => options.Kind == "emulator" ? "a step of a ResNet would take the emulator hours" : null;

    public IEnumerable<AcceptanceCheck> Checks(AcceptanceOptions options, Device device) => AcceptanceOptions.PrecisionsOf(device).Select(precision =>
        AcceptanceCheck.In(precision, $"{goal.Backbone} of width {goal.Width}, synthetic10, {goal.Epochs} epochs of {10 * goal.TrainPerClass} images", target => Train(target, options.Kind == "cuda" ? int.MaxValue : FewAttacked)));

    // DeepFool of all test images takes a card seconds and a processor minutes.
    private const int FewAttacked = 8;

    private Outcome Train(Device device, int attacked)
    {
        var session = TrainingSession.Begin(device, new TrainOptions
        {
            DataSet = "synthetic10", Variant = "lpc-narrow", Backbone = goal.Backbone, Width = goal.Width, Batch = goal.Batch, Seed = 1,
        }, TrainingSession.Synthetic(goal.TrainPerClass, goal.TestPerClass));
        var steps = goal.Epochs * session.Trainer.StepsPerEpoch;
        var start = Stopwatch.GetTimestamp();
        for (var step = 0; step < steps; step++) session.TakeStep();
        device.Synchronize();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var running = Tallies.Read(session.Trainer.Losses.Tally);
        var test = Evaluator.Run(session.Model, session.Images.Test!, device).Scores;
        var chosen = Enumerable.Range(0, Math.Min(attacked, session.Images.Test!.Count)).ToArray();
        start = Stopwatch.GetTimestamp();
        using (var deepFool = new DeepFool(session.Model, device, session.Images.Test!, chosen, new DeepFoolSettings(Math.Min(chosen.Length, 128)))) deepFool.Run();
        var attackSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var reached = test.Accuracy >= goal.TestAccuracy && double.IsFinite(running.Loss);
        return new(reached ? Verdict.Pass : Verdict.Fail, string.Create(CultureInfo.InvariantCulture,
            $"test accuracy {test.Accuracy:n3}, of the last epoch's batches {running.Accuracy:n3}; {steps} steps in {seconds:n1} s; DeepFool of {chosen.Length} images in {attackSeconds:n1} s"))
        {
            Goal = string.Create(CultureInfo.InvariantCulture, $"≥ {goal.TestAccuracy:n2}"),
            Numbers = new()
            {
                ["test_accuracy"] = MetricLines.Number(test.Accuracy), ["test_loss"] = MetricLines.Number(test.CrossEntropy), ["goal"] = goal.TestAccuracy,
                ["running_accuracy"] = MetricLines.Number(running.Accuracy), ["running_loss"] = MetricLines.Number(running.Loss),
                ["steps"] = steps, ["training_seconds"] = Math.Round(seconds, 3), ["deepfool_images"] = chosen.Length, ["deepfool_seconds"] = Math.Round(attackSeconds, 3),
            },
        };
    }
}

/// <summary>A training and what it must reach.</summary>
/// <param name="Backbone">The network.</param>
/// <param name="Width">Channels of its first stage.</param>
/// <param name="TrainPerClass">Training images of each of ten classes.</param>
/// <param name="TestPerClass">Test images of each.</param>
/// <param name="Batch">Images per step.</param>
/// <param name="Epochs">Passes over the training images.</param>
/// <param name="TestAccuracy">The least fraction of test images that must be right.</param>
internal sealed record TrainingGoal(string Backbone, int Width, int TrainPerClass, int TestPerClass, int Batch, int Epochs, double TestAccuracy);

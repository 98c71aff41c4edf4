using LpcEngine.Engine;
using LpcEngine.Experiments.Robustness;
using LpcEngine.Experiments.Screen;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>What is measured of a trained network: the one place that says so, for the end of a run and for measuring again.</summary>
/// <param name="Evaluation">Accuracies and latent spaces; null when not evaluated.</param>
/// <param name="DeepFool">The attack; null when nothing was attacked.</param>
internal sealed record FinalMeasurements(EpochEvaluation? Evaluation, DeepFoolResult? DeepFool)
{
    /// <summary>Measures.</summary>
    /// <param name="model">The network.</param>
    /// <param name="train">Training images.</param>
    /// <param name="test">Test images, when there are any.</param>
    /// <param name="device">Where they live.</param>
    /// <param name="config">The run.</param>
    /// <param name="plan">What to measure.</param>
    /// <param name="evaluation">The evaluation of these very weights, when there is one already.</param>
    /// <param name="screen">Is told how far an attack is.</param>
    /// <param name="interrupted">Ends an attack.</param>
    /// <returns>Null when interrupted.</returns>
    public static FinalMeasurements? Take(
        Classifier model, DeviceImages train, DeviceImages? test, Device device, RunConfig config, MeasurementPlan plan, EpochEvaluation? evaluation, RunScreen screen,
        CancellationToken interrupted)
    {
        // An epoch that --steps made the last has no entropies in its line, like in a run that goes on; its summary has them.
        if (plan.Evaluate && evaluation?.HasEntropy != true) evaluation = EpochEvaluation.Run(model, train, test, device, config);
        if (plan.DeepFoolImages == 0) return new(evaluation, null);
        var deepFool = Attack(model, test!, device, config, plan.DeepFoolImages, screen, interrupted);
        return deepFool is null ? null : new(evaluation, deepFool);
    }

    private static DeepFoolResult? Attack(
        Classifier model, DeviceImages test, Device device, RunConfig config, int images, RunScreen screen, CancellationToken interrupted)
    {
        var chosen = AttackedImages.Choose(images, test.Count, config.Seed);
        screen.StartAttack(chosen.Length);
        var settings = DeepFoolSettings.For(Math.Min(config.Batch, config.TrainImages), test.ImageShape.Count);
        using var deepFool = new DeepFool(model, device, test, chosen, settings);
        var result = deepFool.Run(screen.Attack, interrupted);
        if (result is not null) screen.EndAttack(result.Images.Count);
        return result;
    }
}

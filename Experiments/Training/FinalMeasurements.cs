using LpcEngine.Engine;
using LpcEngine.Experiments.Robustness;
using LpcEngine.Experiments.Screen;
using LpcEngine.Kernels;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>What is measured of a trained network: the one place that says so, for the end of a run and for measuring again.</summary>
/// <param name="Evaluation">Accuracies and latent spaces; null when not evaluated.</param>
/// <param name="DeepFool">The attack; null when nothing was attacked.</param>
/// <param name="Robustness">Attacks within a distance, and what is measured beside them; null when not asked for.</param>
/// <param name="Augmented">The training set on images that are changed at random as in training; null when not asked for.</param>
internal sealed record FinalMeasurements(EpochEvaluation? Evaluation, DeepFoolResult? DeepFool, RobustnessResult? Robustness, SplitEvaluation? Augmented)
{
    /// <summary>Measures.</summary>
    /// <param name="model">The network.</param>
    /// <param name="images">What it is measured on.</param>
    /// <param name="device">Where they live.</param>
    /// <param name="config">The run.</param>
    /// <param name="plan">What to measure.</param>
    /// <param name="evaluation">The evaluation of these very weights, when there is one already.</param>
    /// <param name="screen">Is told how far an attack is.</param>
    /// <param name="interrupted">Ends it: after a batch, or after a step of an attack.</param>
    /// <returns>Null when interrupted.</returns>
    public static FinalMeasurements? Take(
        Classifier model, RunImages images, Device device, RunConfig config, MeasurementPlan plan, EpochEvaluation? evaluation, RunScreen screen, CancellationToken interrupted)
    {
        try
        {
            // An epoch that --steps made the last has no entropies in its line, like in a run that goes on; its summary has them.
            if (plan.Evaluate && evaluation?.HasEntropy != true) evaluation = EpochEvaluation.Run(model, images, device, config, cancelled: interrupted);
            var augmented = plan.Augmented ? SplitEvaluation.Of(model, images.Train, device, config, withEntropy: true, Change(config), interrupted) : null;
            var deepFool = plan.DeepFoolImages > 0 ? Attack(model, images.Test!, device, config, plan.DeepFoolImages, screen, interrupted) : null;
            if (plan.DeepFoolImages > 0 && deepFool is null) return null;
            var robustness = plan.Pgd is { } pgd
                ? RobustnessResult.Take(model, device, images.Train, images.Test!, pgd, AttackBatch(config, images.Test!), config.Seed, deepFool, screen, interrupted)
                : null;
            return new(evaluation, deepFool, robustness, augmented);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    // An epoch that no training image was seen in.
    private static ImageChange Change(RunConfig config) =>
        new(config.Flip ? ImageAugmentation.CropFlip : ImageAugmentation.Crop, (ulong)config.Seed, config.Epochs + 1);

    private static int AttackBatch(RunConfig config, DeviceImages test) => DeepFoolSettings.For(Math.Min(config.Batch, config.TrainImages), test.ImageShape.Count).Batch;

    private static DeepFoolResult? Attack(
        Classifier model, DeviceImages test, Device device, RunConfig config, int images, RunScreen screen, CancellationToken interrupted)
    {
        var chosen = AttackedImages.Choose(images, test.Count, config.Seed);
        screen.StartAttack("DeepFool", chosen.Length);
        using var deepFool = new DeepFool(model, device, test, chosen, new DeepFoolSettings(AttackBatch(config, test)));
        var result = deepFool.Run(screen.Attack, interrupted);
        if (result is not null) screen.EndAttack(result.Images.Count);
        return result;
    }
}

using LpcEngine.Engine;
using LpcEngine.Experiments.Metrics;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>One split after an epoch: scores, latents, and what the latents measure.</summary>
/// <param name="Scores">Losses and accuracies.</param>
/// <param name="Latents">z [N, d].</param>
/// <param name="Labels">True classes.</param>
/// <param name="Measures">The latent-space measurements by name.</param>
internal sealed record SplitEvaluation(Tallies Scores, float[] Latents, int[] Labels, LatentMetricsResult Measures);

/// <summary>Both splits after an epoch, in evaluation mode, on clean images.</summary>
/// <param name="Train">The training set.</param>
/// <param name="Test">The test set, when there is one.</param>
internal sealed record EpochEvaluation(SplitEvaluation Train, SplitEvaluation? Test)
{
    /// <summary>Whether the entropies are among the measurements.</summary>
    public bool HasEntropy => Train.Measures.Values.Any(value => value.Key == "entropy");

    /// <summary>Evaluates both.</summary>
    /// <param name="model">The network.</param>
    /// <param name="train">The training images.</param>
    /// <param name="test">The test images, if there are any.</param>
    /// <param name="device">Where the network is.</param>
    /// <param name="config">The run.</param>
    /// <param name="withEntropy">Whether to estimate the entropies, whose time grows with the square of the images; the paper has them at the end only.</param>
    public static EpochEvaluation Run(Classifier model, DeviceImages train, DeviceImages? test, Device device, RunConfig config, bool withEntropy = true) =>
        new(Split(model, train, device, config, withEntropy), test is null ? null : Split(model, test, device, config, withEntropy));

    private static SplitEvaluation Split(Classifier model, DeviceImages images, Device device, RunConfig config, bool withEntropy)
    {
        var evaluation = Evaluator.Run(model, images, device);
        var classifier = model.State().First(tensor => tensor.Tensor == model.LastWeight).ToFile();
        var set = new LatentSet(evaluation.Latents, model.Latents, images.Labels, config.Classes, (device as CpuDevice)?.Pool.Threads ?? 0);
        var measures = LatentMetrics.Measure(set, Array.ConvertAll(classifier, weight => (double)weight), withEntropy);
        return new(evaluation.Scores, evaluation.Latents, images.Labels, measures);
    }
}

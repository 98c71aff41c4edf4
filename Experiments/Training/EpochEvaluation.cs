using LpcEngine.Engine;
using LpcEngine.Experiments.Metrics;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>One split after an epoch: scores, latents, and what the latents measure.</summary>
/// <param name="Scores">Losses and accuracies.</param>
/// <param name="Latents">z [N, d].</param>
/// <param name="Labels">True classes.</param>
/// <param name="Measures">The latent-space measurements by name.</param>
internal sealed record SplitEvaluation(Tallies Scores, float[] Latents, int[] Labels, LatentMetricsResult Measures)
{
    /// <summary>Evaluates one split.</summary>
    /// <param name="model">The network.</param>
    /// <param name="images">The images.</param>
    /// <param name="device">Where the network is.</param>
    /// <param name="config">The run.</param>
    /// <param name="withEntropy">Whether to estimate the entropies.</param>
    /// <param name="change">How the images are changed at random; null for not at all.</param>
    /// <param name="cancelled">Ends it after a batch.</param>
    public static SplitEvaluation Of(
        Classifier model, DeviceImages images, Device device, RunConfig config, bool withEntropy, ImageChange? change = null, CancellationToken cancelled = default)
    {
        var evaluation = Evaluator.Run(model, images, device, change: change, cancelled: cancelled);
        cancelled.ThrowIfCancellationRequested();
        var classifier = model.State().First(tensor => tensor.Tensor == model.LastWeight).ToFile();
        var set = new LatentSet(evaluation.Latents, model.Latents, images.Labels, config.Classes, (device as CpuDevice)?.Pool.Threads ?? 0);
        var measures = LatentMetrics.Measure(set, Array.ConvertAll(classifier, weight => (double)weight), withEntropy);
        return new(evaluation.Scores, evaluation.Latents, images.Labels, measures);
    }
}

/// <summary>All splits after an epoch, in evaluation mode, on clean images.</summary>
/// <param name="Train">The training set.</param>
/// <param name="Test">The test set, when there is one.</param>
/// <param name="Validation">Losses and accuracies of the images held out, when there are any: they choose a model, their latents are nobody's question.</param>
internal sealed record EpochEvaluation(SplitEvaluation Train, SplitEvaluation? Test, Tallies? Validation)
{
    /// <summary>Whether the entropies are among the measurements.</summary>
    public bool HasEntropy => Train.Measures.Values.Any(value => value.Key == "entropy");

    /// <summary>Evaluates all.</summary>
    /// <param name="model">The network.</param>
    /// <param name="images">The images.</param>
    /// <param name="device">Where the network is.</param>
    /// <param name="config">The run.</param>
    /// <param name="withEntropy">Whether to estimate the entropies, whose time grows with the square of the images; the paper has them at the end only.</param>
    /// <param name="cancelled">Ends it after a batch.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static EpochEvaluation Run(Classifier model, RunImages images, Device device, RunConfig config, bool withEntropy = true, CancellationToken cancelled = default) => new(
        SplitEvaluation.Of(model, images.Train, device, config, withEntropy, null, cancelled),
        images.Test is null ? null : SplitEvaluation.Of(model, images.Test, device, config, withEntropy, null, cancelled),
        images.Validation is null ? null : Evaluator.Run(model, images.Validation, device, cancelled: cancelled).Scores);
}

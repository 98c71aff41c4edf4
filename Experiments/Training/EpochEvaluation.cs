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
    public static EpochEvaluation Run(Classifier model, DeviceImages train, DeviceImages? test, Device device, RunConfig config) =>
        new(Split(model, train, device, config), test is null ? null : Split(model, test, device, config));

    private static SplitEvaluation Split(Classifier model, DeviceImages images, Device device, RunConfig config)
    {
        var evaluation = Evaluator.Run(model, images, device);
        var classifier = model.State().First(tensor => tensor.Tensor == model.LastWeight).ToFile();
        var set = new LatentSet(evaluation.Latents, model.Latents, images.Labels, config.Classes);
        var measures = LatentMetrics.Measure(set, Array.ConvertAll(classifier, weight => (double)weight));
        return new(evaluation.Scores, evaluation.Latents, images.Labels, measures);
    }
}

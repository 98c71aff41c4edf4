using LpcEngine.Engine;
using LpcEngine.Kernels;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>What a model makes of a whole split, in evaluation mode on clean images.</summary>
/// <param name="Scores">Losses and accuracies.</param>
/// <param name="Latents">z of each image [N, d], row-major.</param>
/// <param name="Logits">Logits of each image [N, classes], row-major.</param>
/// <param name="Features">h of each image [N, features], row-major; empty unless asked for.</param>
internal sealed record Evaluation(Tallies Scores, float[] Latents, float[] Logits, float[] Features);

/// <summary>Random changes of images, as in training.</summary>
/// <param name="Augmentation">Which.</param>
/// <param name="Seed">Their seed.</param>
/// <param name="Epoch">The epoch that they follow from, beside the seed and the image.</param>
internal sealed record ImageChange(ImageAugmentation Augmentation, ulong Seed, int Epoch);

/// <summary>Runs a model over all images of a split.</summary>
internal static class Evaluator
{
    private const int Batch = 256;

    /// <summary>Evaluates all images.</summary>
    /// <param name="model">The network.</param>
    /// <param name="images">The images.</param>
    /// <param name="device">Where both live.</param>
    /// <param name="withFeatures">Whether features are wanted, too.</param>
    /// <param name="change">How the images are changed at random; null for not at all.</param>
    /// <param name="cancelled">Ends it after a batch.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Evaluation Run(
        Classifier model, DeviceImages images, Device device, bool withFeatures = false, ImageChange? change = null, CancellationToken cancelled = default)
    {
        var latents = new float[(long)images.Count * model.Latents];
        var logits = new float[(long)images.Count * model.Classes];
        var features = withFeatures ? new float[(long)images.Count * model.Backbone.Features] : [];
        var tally = device.NewKept(new Shape(TallyOp.Length));
        var epoch = device.NewKept(new Shape(1), DType.Int32);
        epoch.CopyFrom<int>([change?.Epoch ?? 0]);
        var wasTraining = model.Training;
        model.Training = false;
        using var pause = device.Tape.Pause();
        var order = Enumerable.Range(0, images.Count).ToArray();
        try
        {
            for (var start = 0; start < images.Count; start += Batch)
            {
                cancelled.ThrowIfCancellationRequested();
                var count = Math.Min(Batch, images.Count - start);
                device.Step(() =>
                {
                    var (x, labels) = images.Batch(order.AsSpan(start, count), change?.Augmentation ?? ImageAugmentation.None, change?.Seed ?? 0, epoch);
                    var output = model.Forward(x);
                    TallyOp.Tally(tally, output.Logits, labels, output.Logits.SoftmaxCrossEntropy(labels), null);
                    output.Latents.CopyTo(latents.AsSpan(start * model.Latents, count * model.Latents));
                    output.Logits.CopyTo(logits.AsSpan(start * model.Classes, count * model.Classes));
                    if (withFeatures) output.Features.CopyTo(features.AsSpan(start * model.Backbone.Features, count * model.Backbone.Features));
                });
            }
            return new Evaluation(Tallies.Read(tally), latents, logits, features);
        }
        finally
        {
            model.Training = wasTraining;
            device.Free(tally);
            device.Free(epoch);
        }
    }
}

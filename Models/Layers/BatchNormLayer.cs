using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Models;

/// <summary>Batch normalisation (momentum 0.1, ε 1e-5) with the activation that follows it in a ResNet.</summary>
public sealed class BatchNormLayer : Module
{
    private readonly Action countBatch;
    private long batches;

    /// <summary>Makes the layer: scale 1, shift 0, running mean 0, running variance 1.</summary>
    /// <param name="initialiser">Says where the tensors go.</param>
    /// <param name="channels">Channels C.</param>
    public BatchNormLayer(Initialiser initialiser, int channels)
    {
        var shape = new Shape(channels);
        Weight = Parameter("weight", initialiser.Constant(shape, 1));
        Bias = Parameter("bias", initialiser.Constant(shape, 0));
        RunningMean = Buffer("running_mean", initialiser.Constant(shape, 0));
        RunningVariance = Buffer("running_var", initialiser.Constant(shape, 1));
        Counter("num_batches_tracked", () => batches, value => batches = value);
        countBatch = () => batches++;
    }

    /// <summary>The scale [C].</summary>
    public Tensor Weight { get; }

    /// <summary>The shift [C].</summary>
    public Tensor Bias { get; }

    /// <summary>Mean over past batches [C], used in evaluation.</summary>
    public Tensor RunningMean { get; }

    /// <summary>Unbiased variance over past batches [C], used in evaluation.</summary>
    public Tensor RunningVariance { get; }

    /// <summary>Normalises without an activation.</summary>
    /// <param name="x">[N, H, W, C] or [N, C], with or without what is known of its channels.</param>
    /// <returns>The same shape.</returns>
    public Tensor Forward(Measured x) =>
        x.Values.BatchNorm(Weight, Bias, RunningMean, RunningVariance, CountBatch(), statistics: x.Statistics);

    /// <summary>Normalises, then Swish.</summary>
    /// <param name="x">[N, H, W, C] or [N, C], with or without what is known of its channels.</param>
    /// <returns>The same shape.</returns>
    public Tensor ForwardSwish(Measured x) =>
        x.Values.BatchNormSwish(Weight, Bias, RunningMean, RunningVariance, CountBatch(), statistics: x.Statistics);

    /// <summary>Normalises, adds the shortcut, then Swish: the end of a residual block.</summary>
    /// <param name="x">[N, H, W, C], with or without what is known of its channels.</param>
    /// <param name="shortcut">The same shape.</param>
    /// <returns>The same shape.</returns>
    public Tensor ForwardAddSwish(Measured x, Tensor shortcut) =>
        x.Values.BatchNormAddSwish(shortcut, Weight, Bias, RunningMean, RunningVariance, CountBatch(), statistics: x.Statistics);

    private bool CountBatch()
    {
        if (Training) Weight.Device.OnHost(countBatch);
        return Training;
    }
}

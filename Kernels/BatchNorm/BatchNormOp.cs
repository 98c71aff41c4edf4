using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Batch normalisation over all axes but the last, alone or fused with Swish or with a shortcut and Swish.</summary>
/// <remarks>
/// <para>z = weight·(x − mean)/√(variance + ε) + bias for each channel. In training, mean and (biased) variance are the batch's own, and
/// the running statistics move towards them:
/// running ← (1 − momentum)·running + momentum·batch, with the unbiased variance. In evaluation the running statistics take their place and
/// stay as they are. Source: Ioffe and Szegedy, arXiv:1502.03167; conventions as in PyTorch's BatchNorm2d.</para>
/// <para>Memory-bound. Forward in training reads x twice and writes y; once, where its statistics are known. Backward reads x and dY twice and writes dX; with a shortcut it
/// reads x twice, dY and the shortcut once, and writes the
/// shortcut's gradient, reads it once, and writes dX. On the CPU, BatchNormSwish trades its second reading of dY for writing and reading
/// dY·f′ in dX's place. Saves x, the shortcut, and five numbers a channel; activations are computed again instead of being stored.</para>
/// <para>Statistics are exact to single precision for any mean and variance: differences from a nearby value are summed, partial results
/// combined about their mean.
/// Deterministic: the same bits for any number of threads.</para>
/// <para>Parameters, statistics, their gradients and all sums are floats, also where x is bf16: then y and dX are rounded once, and with a
/// shortcut its gradient, too, from which dX is made. A mean far beyond 2⁸ deviations leaves bf16 nothing to normalise.</para>
/// </remarks>
public static partial class BatchNormOp
{
    /// <summary>y = BN(x).</summary>
    /// <param name="x">[N, H, W, C] or [N, C], floats or bf16.</param>
    /// <param name="weight">[C], floats.</param>
    /// <param name="bias">[C], floats.</param>
    /// <param name="runningMean">[C], a kept tensor of floats; changed in training.</param>
    /// <param name="runningVariance">[C], a kept tensor of floats; changed in training.</param>
    /// <param name="training">Whether the batch's own statistics are used.</param>
    /// <param name="momentum">The batch's share in the running statistics, 0 to 1.</param>
    /// <param name="epsilon">Added to the variance; positive.</param>
    /// <param name="statistics">What the operation that made x knows of it, for training (<see cref="Conv2dOp.Conv2dMeasured"/>); used up. Null: x is read for it.</param>
    /// <returns>Of x's shape and type, of the running step. Gradients flow to x, weight and bias.</returns>
    /// <exception cref="ShapeException">The last axis of x differs from a parameter's extent, or there is only one value per channel in
    /// training.</exception>
    /// <exception cref="KernelMissingException">x is bf16 on the cpu.</exception>
    public static Tensor BatchNorm(
        this Tensor x, Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance, bool training, float momentum = 0.1f, float epsilon = 1e-5f,
        ChannelStatistics? statistics = null) =>
        Run("BatchNorm", Fusion.None, x, null, weight, bias, runningMean, runningVariance, training, momentum, epsilon, statistics);

    /// <summary>y = Swish(BN(x)), in one operation.</summary>
    /// <param name="x">[N, H, W, C] or [N, C], floats or bf16.</param>
    /// <param name="weight">[C], floats.</param>
    /// <param name="bias">[C], floats.</param>
    /// <param name="runningMean">[C], a kept tensor of floats; changed in training.</param>
    /// <param name="runningVariance">[C], a kept tensor of floats; changed in training.</param>
    /// <param name="training">Whether the batch's own statistics are used.</param>
    /// <param name="momentum">The batch's share in the running statistics, 0 to 1.</param>
    /// <param name="epsilon">Added to the variance; positive.</param>
    /// <param name="statistics">What the operation that made x knows of it, for training (<see cref="Conv2dOp.Conv2dMeasured"/>); used up. Null: x is read for it.</param>
    /// <returns>Of x's shape and type, of the running step. Gradients flow to x, weight and bias.</returns>
    /// <exception cref="ShapeException">The last axis of x differs from a parameter's extent, or there is only one value per channel in
    /// training.</exception>
    /// <exception cref="KernelMissingException">x is bf16 on the cpu.</exception>
    public static Tensor BatchNormSwish(
        this Tensor x, Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance, bool training, float momentum = 0.1f, float epsilon = 1e-5f,
        ChannelStatistics? statistics = null) =>
        Run("BatchNormSwish", Fusion.Swish, x, null, weight, bias, runningMean, runningVariance, training, momentum, epsilon, statistics);

    /// <summary>y = Swish(BN(x) + shortcut), in one operation: the end of a residual block.</summary>
    /// <param name="x">[N, H, W, C] or [N, C], floats or bf16.</param>
    /// <param name="shortcut">Of x's shape and type.</param>
    /// <param name="weight">[C], floats.</param>
    /// <param name="bias">[C], floats.</param>
    /// <param name="runningMean">[C], a kept tensor of floats; changed in training.</param>
    /// <param name="runningVariance">[C], a kept tensor of floats; changed in training.</param>
    /// <param name="training">Whether the batch's own statistics are used.</param>
    /// <param name="momentum">The batch's share in the running statistics, 0 to 1.</param>
    /// <param name="epsilon">Added to the variance; positive.</param>
    /// <param name="statistics">What the operation that made x knows of it, for training (<see cref="Conv2dOp.Conv2dMeasured"/>); used up. Null: x is read for it.</param>
    /// <returns>Of x's shape and type, of the running step. Gradients flow to x, shortcut, weight and bias.</returns>
    /// <exception cref="ShapeException">The shortcut's shape differs from x's, the last axis of x from a parameter's extent, or there is
    /// only one value per channel in training.</exception>
    /// <exception cref="ArgumentException">x and the shortcut are of different types.</exception>
    /// <exception cref="KernelMissingException">x is bf16 on the cpu.</exception>
    public static Tensor BatchNormAddSwish(
        this Tensor x, Tensor shortcut, Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance, bool training, float momentum = 0.1f, float epsilon = 1e-5f,
        ChannelStatistics? statistics = null) =>
        Run("BatchNormAddSwish", Fusion.AddSwish, x, shortcut, weight, bias, runningMean, runningVariance, training, momentum, epsilon, statistics);

    private static Tensor Run(
        string name, Fusion fusion, Tensor x, Tensor? shortcut, Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance, bool training, float momentum, float epsilon,
        ChannelStatistics? statistics)
    {
        Check(name, x, shortcut, weight, bias, runningMean, runningVariance, training);
        if (statistics is not null && statistics.Of != x) throw new ArgumentException($"{name}: the statistics are of {statistics.Of}, not of the x that is to be normalised, {x}.");
        var constants = x.Device.New(new(BatchNormConstants.Rows, weight.Shape.Count));
        var y = x.Device.New(x.Shape, x.Type);
        if (training)
        {
            runningMean.MarkChanged();
            runningVariance.MarkChanged();
        }
        if (x.Device is CpuDevice cpu)
        {
            if (training) BatchNormCpu.Statistics(cpu, x, weight, bias, runningMean, runningVariance, momentum, epsilon, constants);
            else BatchNormCpu.FromRunning(weight, bias, runningMean, runningVariance, epsilon, constants);
            BatchNormCpu.Forward(cpu, x, shortcut, constants, y, fusion);
        }
        else
        {
            if (training) BatchNormGpu.Statistics(x, statistics, weight, bias, runningMean, runningVariance, momentum, epsilon, constants);
            else BatchNormGpu.FromRunning(weight, bias, runningMean, runningVariance, epsilon, constants);
            BatchNormGpu.For(x, fusion).Forward(x, shortcut, constants, y);
        }
        if (x.Device.Tape.Record<Node>(y, x, shortcut, weight, bias) is { } node)
            (node.X, node.Shortcut, node.Weight, node.Bias, node.Constants, node.Training, node.Fusion) = (x, shortcut, weight, bias, constants, training, fusion);
        else constants.Release();
        return y;
    }

    private static void Check(string name, Tensor x, Tensor? shortcut, Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance, bool training)
    {
        if (x.Shape.Rank is not (2 or 4)) throw new ShapeException(name, $"x is {x.Shape}; it must be [N, H, W, C] or [N, C].");
        var channels = x.Shape[-1];
        if (shortcut is not null && shortcut.Shape != x.Shape)
            throw new ShapeException(name, $"the shortcut is {shortcut.Shape} but x is {x.Shape}; they must be equal. A block that changes the shape needs a projection in its shortcut.");
        CheckParameter(name, "weight", weight, channels);
        CheckParameter(name, "bias", bias, channels);
        CheckParameter(name, "the running mean", runningMean, channels);
        CheckParameter(name, "the running variance", runningVariance, channels);
        Activations.Check(name, x, shortcut ?? x);
        if (training && x.Shape.Count == channels)
            throw new ShapeException(name, $"x is {x.Shape}, one value per channel, which has no variance; training needs a larger batch or image (evaluation doesn't).");
    }

    private static void CheckParameter(string name, string what, Tensor parameter, int channels)
    {
        if (parameter.Shape.Rank != 1 || parameter.Shape.Count != channels)
            throw new ShapeException(name, $"{what} is {parameter.Shape} but x has {channels} channels in its last axis; it must be [{channels}].");
    }

    private sealed class Node : TapeNode
    {
        public Tensor X = null!, Weight = null!, Bias = null!, Constants = null!;
        public Tensor? Shortcut;
        public bool Training;
        public Fusion Fusion;

        public override void Backward(Tensor dY, Gradients gradients)
        {
            var device = X.Device;
            bool wantsX = gradients.Wants(X), wantsShortcut = gradients.Wants(Shortcut), wantsWeight = gradients.Wants(Weight), wantsBias = gradients.Wants(Bias);
            var terms = device.New(new(2, Weight.Shape.Count));
            var reduces = Training || wantsWeight || wantsBias || Shortcut is not null;
            // g = dY·f′ is the shortcut's gradient: written by the first pass, read by the second. On the CPU exp costs more than the
            // traffic (4 ns a vector against 2), so that without a shortcut g is written as well, to where dX will be; a GPU computes it
            // again. Each pass reads an element before it writes it, so both may write over dY.
            var g = Shortcut is null ? null : wantsShortcut ? gradients.AllocateOver(Shortcut, dY) : device.New(X.Shape, X.Type);
            var dX = wantsX ? gradients.AllocateOver(X, dY) : null;
            if (Shortcut is null && reduces && Fusion == Fusion.Swish && device is CpuDevice) g = dX;
            if (reduces)
            {
                var dWeight = wantsWeight ? gradients.Allocate(Weight) : device.New(Weight.Shape);
                var dBias = wantsBias ? gradients.Allocate(Bias) : device.New(Bias.Shape);
                if (device is CpuDevice cpu) BatchNormCpu.Reduce(cpu, X, dY, Shortcut, Constants, g, dWeight, dBias, terms, Training, Fusion);
                else BatchNormGpu.For(X, Fusion).Reduce(X, dY, Shortcut, Constants, g, dWeight, dBias, terms, Training);
                Finish(gradients, Weight, dWeight, wantsWeight);
                Finish(gradients, Bias, dBias, wantsBias);
            }
            else device.Fill(terms, 0f);
            if (dX is not null)
            {
                if (device is CpuDevice cpu) BatchNormCpu.Backward(cpu, X, g ?? dY, Constants, terms, dX, g is null ? Fusion : Fusion.None);
                else BatchNormGpu.For(X, Fusion).Backward(X, g ?? dY, Constants, terms, dX);
                gradients.Add(X, dX);
            }
            if (Shortcut is not null) Finish(gradients, Shortcut, g!, wantsShortcut);
            terms.Release();
        }

        private static void Finish(Gradients gradients, Tensor input, Tensor gradient, bool wanted)
        {
            if (wanted) gradients.Add(input, gradient);
            else gradient.Release();
        }
    }
}

using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>
/// Softmax cross-entropy: y = 1/N Σₙ (log Σ_c exp xₙ_c − xₙ_labelₙ). Derivative: dxₙ_c = (softmax(xₙ)_c − [c = labelₙ])/N · dY.
/// </summary>
/// <remarks>
/// Source: the formula of PyTorch's <c>cross_entropy</c> with its default mean over the batch; derived here from the log-sum-exp.
/// </remarks>
public static class SoftmaxCrossEntropyOp
{
    /// <summary>The mean negative log-probability that a softmax over the logits gives to the labels.</summary>
    /// <param name="logits">[N, C], float; any finite values: the largest of a row is subtracted before the exponential, so nothing
    /// overflows.</param>
    /// <param name="labels">[N], <see cref="DType.Int32"/>, each from 0 to C − 1. Data sets are checked when they are loaded; here a label
    /// outside makes the loss NaN and is never used as an index.</param>
    /// <returns>A scalar of the running step.</returns>
    /// <remarks>
    /// Reads the logits three times (N·C is small and stays in cache). Saves the logits, the labels and two numbers a row (largest logit,
    /// reciprocal of the sum). Logits that aren't numbers make the loss NaN. Deterministic: each row is summed in a fixed order, then the
    /// rows in a fixed order.
    /// </remarks>
    /// <exception cref="ShapeException">The logits aren't [N, C] or the labels aren't [N].</exception>
    public static Tensor SoftmaxCrossEntropy(this Tensor logits, Tensor labels)
    {
        if (logits.Shape.Rank != 2)
            throw new ShapeException("SoftmaxCrossEntropy", $"logits are {logits.Shape} but must be [N, C]. Flatten other axes first (View).");
        if (labels.Shape != new Shape(logits.Shape[0]))
            throw new ShapeException("SoftmaxCrossEntropy", $"labels are {labels.Shape} but logits {logits.Shape} need [{logits.Shape[0]}]: one label a row.");
        var device = logits.Device;
        var y = device.New(Shape.Scalar);
        var rows = device.New(new Shape(3, logits.Shape[0]));
        if (device is CpuDevice cpu) SoftmaxCrossEntropyCpu.Forward(cpu, logits, labels, rows, y);
        else SoftmaxCrossEntropyGpu.On(device).Forward(logits, labels, rows, y);
        if (device.Tape.Record<Node>(y, logits) is { } node) (node.Logits, node.Labels, node.Rows) = (logits, labels, rows);
        return y;
    }

    private sealed class Node : TapeNode
    {
        public Tensor Logits = null!, Labels = null!, Rows = null!;

        public override void Backward(Tensor dY, Gradients gradients)
        {
            if (!gradients.Wants(Logits)) return;
            var dLogits = gradients.Allocate(Logits);
            if (Logits.Device is CpuDevice cpu) SoftmaxCrossEntropyCpu.Backward(cpu, Logits, Labels, Rows, dY, dLogits);
            else SoftmaxCrossEntropyGpu.On(Logits.Device).Backward(Logits, Labels, Rows, dY, dLogits);
            gradients.Add(Logits, dLogits);
        }
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("softmax-cross-entropy", "y = mean(log Σ exp x − x[label])", Bound.Memory)
    {
        // The last case has logits of ±1000 and more: without the shift by the maximum they overflow.
        Cases = [Case(1, 1, 1), Case(5, 7, 3), Case(3, 10, 1), Case(2, 131, 5), Case(3, 9, 0), Case(4, 6, 1000), Case(129, 100, 4) with { Toy = false }],
        Benchmarks = () => [Case(128, 10, 4), Case(128, 100, 4), Case(128, 1000, 4)],
    };

    private static OpCase Case(int n, int c, double scale) => new($"[{n}, {c}] scale {scale}",
        [new(new(n, c)) { Draw = OpInput.Normal(scale) }, new(new Shape(n), Differentiable: false) { Type = DType.Int32, Draw = OpInput.Whole(c) }],
        x => x[0].SoftmaxCrossEntropy(x[1]), x => SoftmaxCrossEntropyReference.Forward(x[0], x[1]))
    {
        Backward = (x, dY) => [SoftmaxCrossEntropyReference.Backward(x[0], x[1], dY), null],
        Flops = 4.0 * n * c,
        Bytes = 4.0 * n * c,
        BackwardFlops = 4.0 * n * c,
        BackwardBytes = 8.0 * n * c,
        // A step in proportion to logits of 1000 would cross the softmax's bends.
        Epsilon = scale >= 100 ? 1e-8 : 1e-5,
    };
}

using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Linear layer: y = x·W + b. Derivatives: dX = dY·Wᵀ, dW = xᵀ·dY, db = Σ rows of dY.</summary>
/// <remarks>
/// The weight is stored [in, out], so that forward reads it row by row. Source of the derivatives: see <see cref="MatMulOp"/>.
/// </remarks>
public static class LinearOp
{
    /// <summary>Multiplies each row by a matrix and adds a bias.</summary>
    /// <param name="x">[N, in], float.</param>
    /// <param name="weight">[in, out], float.</param>
    /// <param name="bias">[out], float, or null for none.</param>
    /// <returns>[N, out], of the running step.</returns>
    /// <remarks>2·N·in·out operations, and as many for dX and for dW. Saves x and weight (references). Deterministic.</remarks>
    /// <exception cref="ShapeException">Ranks or extents don't fit together.</exception>
    public static Tensor Linear(this Tensor x, Tensor weight, Tensor? bias = null)
    {
        if (x.Shape.Rank != 2 || weight.Shape.Rank != 2 || x.Shape[1] != weight.Shape[0])
            throw new ShapeException("Linear", $"input {x.Shape} and weight {weight.Shape} must be [N, in] and [in, out] with equal in. PyTorch stores weights [out, in]: transpose those.");
        if (bias is not null && (bias.Shape.Rank != 1 || bias.Shape[0] != weight.Shape[1]))
            throw new ShapeException("Linear", $"bias {bias.Shape} must have one element for each of the {weight.Shape[1]} outputs of weight {weight.Shape}.");
        var y = x.Device.New(new(x.Shape[0], weight.Shape[1]));
        MatMulOp.Multiply(false, false, x.Shape[0], weight.Shape[1], x.Shape[1], x, weight, y, bias);
        if (x.Device.Tape.Record<Node>(y, x, weight, bias) is { } node) (node.X, node.Weight, node.Bias) = (x, weight, bias);
        return y;
    }

    private sealed class Node : TapeNode
    {
        public Tensor X = null!, Weight = null!;
        public Tensor? Bias;

        public override void Backward(Tensor dY, Gradients gradients)
        {
            var (rows, inputs, outputs) = (X.Shape[0], Weight.Shape[0], Weight.Shape[1]);
            if (gradients.Wants(Bias))
            {
                var dBias = gradients.Allocate(Bias);
                if (dY.Device is CpuDevice cpu) LinearCpu.GradientBias(cpu, dY, dBias);
                else LinearGpu.On(dY.Device).GradientBias(dY, dBias);
                gradients.Add(Bias, dBias);
            }
            if (gradients.Wants(Weight))
            {
                var dW = gradients.Allocate(Weight);
                MatMulOp.Multiply(true, false, inputs, outputs, rows, X, dY, dW, null);
                gradients.Add(Weight, dW);
            }
            if (!gradients.Wants(X)) return;
            var dX = gradients.Allocate(X);
            MatMulOp.Multiply(false, true, rows, inputs, outputs, dY, Weight, dX, null);
            gradients.Add(X, dX);
        }
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("linear", "y = x·W + b", Bound.Compute)
    {
        Cases =
        [
            Case(1, 1, 1, false, true), Case(3, 5, 7, true, true), Case(3, 5, 7, false, true), Case(33, 16, 10, true, false),
            Case(64, 512, 16, true, false), Case(130, 37, 71, true, false), Case(128, 128, 64, false, false),
            // A bias gradient over many rows whose additions all round to one side: a single chain of them is wrong by a quarter of a
            // percent.
            Case(262_144, 1, 3, true, false) with { Label = "[262144, 1] → 3 + bias, dY = 0.1", DrawUpstream = OpInput.Constant(0.1) },
        ],
        // The paper's penultimate layers: ResNet-18 onto 16, 64 and 128, ResNet-50 onto 32, 128 and 256; and what classifies from them.
        Benchmarks = () =>
        [
            Case(128, 512, 16, true, false), Case(128, 512, 64, true, false), Case(128, 512, 128, true, false),
            Case(128, 2048, 32, true, false), Case(128, 2048, 128, true, false), Case(128, 2048, 256, true, false),
            Case(128, 64, 10, false, false), Case(128, 512, 10, false, false), Case(128, 128, 100, false, false), Case(128, 2048, 100, false, false),
        ],
    };

    private static OpCase Case(int rows, int inputs, int outputs, bool withBias, bool toy)
    {
        var flops = 2.0 * rows * inputs * outputs;
        var bytes = 4.0 * ((double)rows * inputs + (double)inputs * outputs + (double)rows * outputs);
        OpInput[] shapes = [new(new(rows, inputs)), new(new(inputs, outputs))];
        return new($"[{rows}, {inputs}] → {outputs}{(withBias ? " + bias" : "")}", withBias ? [.. shapes, new(new(outputs))] : shapes,
            x => x[0].Linear(x[1], withBias ? x[2] : null), x => LinearReference.Forward(rows, inputs, outputs, x[0], x[1], withBias ? x[2] : null))
        {
            Backward = (x, dY) =>
            [
                MatMulReference.GradientA(false, false, rows, outputs, inputs, x[1], dY), MatMulReference.GradientB(false, false, rows, outputs, inputs, x[0], dY),
                .. withBias ? (double[][])[LinearReference.GradientBias(outputs, dY)] : [],
            ],
            Toy = toy,
            Flops = flops,
            Bytes = bytes,
            BackwardFlops = 2 * flops,
            BackwardBytes = 2 * bytes,
        };
    }
}

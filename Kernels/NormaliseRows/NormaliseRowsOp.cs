using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>
/// L2 normalisation of rows: y = x/max(‖x‖₂, ε). Derivative: dx = (dY − y·⟨y, dY⟩)/‖x‖ where ‖x‖ ≥ ε, and dY/ε below, where the denominator
/// is constant.
/// </summary>
/// <remarks>Source: the formula of PyTorch's <c>F.normalize</c>; the derivative is that of a quotient, written with y.</remarks>
public static class NormaliseRowsOp
{
    // Sums of squares outside these bounds are computed again on the CPU: below, single squares lose digits, above, they are infinite.
    internal const double LeastSquares = 1e-26, MostSquares = 1e36;

    // The same for the largest magnitude of a row, which GPUs look at first: with up to 10⁵ elements no sum overflows.
    internal const float Small = 1e-13f, Large = 1e16f;

    /// <summary>Scales each row to length 1.</summary>
    /// <param name="x">[N, d], float.</param>
    /// <param name="epsilon">Rows shorter than this are divided by it instead: a zero row stays zero. Positive.</param>
    /// <returns>[N, d], of the running step.</returns>
    /// <remarks>
    /// Memory-bound: reads x twice (once more on a GPU; from cache all but the first time), writes y. Saves y and each row's norm. Rows
    /// whose squares would leave the range of floats (norms below 10⁻¹³ and above 10¹⁸) are measured in double or in units of their largest
    /// element, so every norm that is a float is right. Deterministic: each row is summed in a fixed order.
    /// </remarks>
    /// <exception cref="ShapeException">x isn't [N, d].</exception>
    /// <exception cref="ArgumentOutOfRangeException">Epsilon isn't positive.</exception>
    public static Tensor NormaliseRows(this Tensor x, float epsilon = 1e-12f)
    {
        if (x.Shape.Rank != 2) throw new ShapeException("NormaliseRows", $"x is {x.Shape} but must be [N, d]. Flatten other axes first (View).");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(epsilon);
        var device = x.Device;
        var y = device.New(x.Shape);
        var norms = device.New(new Shape(x.Shape[0]));
        if (device is CpuDevice cpu) NormaliseRowsCpu.Forward(cpu, x, epsilon, norms, y);
        else NormaliseRowsGpu.On(device).Forward(x, epsilon, norms, y);
        if (device.Tape.Record<Node>(y, x) is { } node) (node.X, node.Norms, node.Epsilon) = (x, norms, epsilon);
        return y;
    }

    private sealed class Node : TapeNode
    {
        public Tensor X = null!, Norms = null!;
        public float Epsilon;

        public override void Backward(Tensor dY, Gradients gradients)
        {
            if (!gradients.Wants(X)) return;
            var dX = gradients.Allocate(X);
            if (X.Device is CpuDevice cpu) NormaliseRowsCpu.Backward(cpu, Output, Norms, Epsilon, dY, dX);
            else NormaliseRowsGpu.On(X.Device).Backward(Output, Norms, Epsilon, dY, dX);
            gradients.Add(X, dX);
        }
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("normalise-rows", "y = x/max(‖x‖, ε)", Bound.Memory)
    {
        // No rows of length 1: their derivative is exactly 0, against which no relative error can be taken. The fourth case lies below its
        // ε altogether, the fifth has rows on both sides of it.
        Cases =
        [
            Case(1, 2, 1, 1e-12f), Case(5, 7, 3, 1e-12f), Case(3, 131, 1e-4, 1e-12f), Case(4, 5, 1e-3, 1f), MixedCase(6, 33),
            Case(129, 67, 1, 1e-12f) with { Toy = false },
            // Elements whose squares are no floats: 0, denormal, infinite.
            Case(3, 4, 1e-25, 1e-30f), Case(3, 37, 3e-20, 1e-30f), Case(3, 37, 1e25, 1e-12f),
        ],
        Benchmarks = () => [Case(128, 64, 1, 1e-12f), Case(128, 512, 1, 1e-12f), Case(128, 2048, 1, 1e-12f)],
    };

    private static OpCase MixedCase(int n, int d) => Case(n, d, 1, 1f) with
    {
        Label = $"[{n}, {d}] rows around ε",
        Inputs = [new(new(n, d)) { Draw = (random, i) => OpInput.Normal(i / d % 2 == 0 ? 1 : 0.01)(random, i) }],
    };

    private static OpCase Case(int n, int d, double scale, float epsilon) => new($"[{n}, {d}] scale {scale} ε {epsilon}",
        [new(new(n, d)) { Draw = OpInput.Normal(scale), Step = 1e-5 * scale }],
        x => x[0].NormaliseRows(epsilon), x => NormaliseRowsReference.Forward(x[0], d, epsilon))
    {
        Backward = (x, dY) => [NormaliseRowsReference.Backward(x[0], dY, d, epsilon)],
        Flops = 3.0 * n * d,
        Bytes = 8.0 * n * d,
        BackwardFlops = 5.0 * n * d,
        BackwardBytes = 12.0 * n * d,
    };
}

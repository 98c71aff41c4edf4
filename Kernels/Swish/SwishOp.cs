using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Swish (SiLU): y = x·σ(x) with σ(x) = 1/(1 + e⁻ˣ). Derivative: dy/dx = σ(x)·(1 + x·(1 − σ(x))).</summary>
/// <remarks>Source: Ramachandran, Zoph and Le, arXiv:1710.05941; Hendrycks and Gimpel, arXiv:1606.08415 (SiLU).</remarks>
public static class SwishOp
{
    /// <summary>Applies Swish to each element.</summary>
    /// <param name="x">Any shape, floats or bf16.</param>
    /// <returns>A tensor of the same shape and type, of the running step.</returns>
    /// <exception cref="KernelMissingException">x is bf16 on the cpu.</exception>
    /// <remarks>
    /// Memory-bound: reads x once, writes y once; backward reads x and dY, writes dX. Saves x. Deterministic; each element depends on its
    /// own input alone. NaN stays NaN. Far below 0, y and its slope are 0 (on the CPU below −87, where the true value is under 2·10⁻³⁶), at
    /// −∞ as well: there y = −0, the limit, where the formula (and PyTorch) give NaN. At +∞ the slope is 1.
    /// </remarks>
    public static Tensor Swish(this Tensor x)
    {
        Activations.Check("Swish", x);
        var y = x.Device.New(x.Shape, x.Type);
        if (x.Device is CpuDevice cpu) ElementwiseCpu.Run<SwishCpu>(cpu, x, null, y);
        else ElementwiseGpu.Run<SwishGpu>(x, null, y);
        if (x.Device.Tape.Record<Node>(y, x) is { } node) node.X = x;
        return y;
    }

    private sealed class Node : TapeNode
    {
        public Tensor X = null!;

        public override void Backward(Tensor dY, Gradients gradients)
        {
            if (!gradients.Wants(X)) return;
            var dX = gradients.Allocate(X);
            if (X.Device is CpuDevice cpu) ElementwiseCpu.Run<SwishSlopeCpu>(cpu, X, dY, dX);
            else ElementwiseGpu.Run<SwishSlopeGpu>(X, dY, dX);
            gradients.Add(X, dX);
        }
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("swish", "y = x·σ(x)", Bound.Memory)
    {
        Cases = [Case(new(3)), Case(new(7, 33)), Case(new(2, 5, 7, 7)), Case(new(16, 16, 16, 16)) with { Toy = false }, Tails],
        Benchmarks = () => [Case(new(128, 32, 32, 64)), Case(new(128, 4, 4, 512))],
        Tolerance = 1e-6,
        MorePrecisions = OpSpec.Bf16OnGpus,
    };

    // Both sides of where σ leaves the range of floats, and where x is large enough to make something of its smallest value.
    private static readonly float[] FarBelow = [-1e38f, -3e38f, -1e30f, -1000, -150, -104, -103, -95, -88.5f, -87.5f, -87, -60, -1, 0, 1, 2];

    private static OpCase Tails => Case(new(2, 33)) with
    {
        Label = "[2, 33] down to −3e38",
        Inputs = [new(new(2, 33)) { Draw = (_, i) => FarBelow[i % FarBelow.Length], Step = 1e-5, IsActivation = true }],
    };

    // Standard deviation 4 reaches both tails, where σ is 0 and 1.
    private static OpCase Case(Shape shape) => new(
        $"{shape}", [new(shape) { Draw = OpInput.Normal(4), IsActivation = true }], x => x[0].Swish(), x => SwishReference.Forward(x[0]))
    {
        Backward = (x, dY) => [SwishReference.Backward(x[0], dY)],
        Bytes = 8.0 * shape.Count,
        BackwardBytes = 12.0 * shape.Count,
    };
}

using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Swish (SiLU): y = x·σ(x) with σ(x) = 1/(1 + e⁻ˣ). Derivative: dy/dx = σ(x)·(1 + x·(1 − σ(x))).</summary>
/// <remarks>Source: Ramachandran, Zoph and Le, arXiv:1710.05941; Hendrycks and Gimpel, arXiv:1606.08415 (SiLU).</remarks>
public static class SwishOp
{
    /// <summary>Applies Swish to each element.</summary>
    /// <param name="x">Any shape.</param>
    /// <returns>A tensor of the same shape, of the running step.</returns>
    /// <remarks>Memory-bound: reads x once, writes y once; backward reads x and dY, writes dX. Saves x. Deterministic; each element depends on its own input alone.</remarks>
    public static Tensor Swish(this Tensor x)
    {
        var y = x.Device.New(x.Shape);
        if (x.Device is CpuDevice cpu) ElementwiseCpu.Run<SwishCpu>(cpu, x, null, y);
        else SwishGpu.On(x.Device).Forward(x, y);
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
            else SwishGpu.On(X.Device).Backward(X, dY, dX);
            gradients.Add(X, dX);
        }
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("swish", "y = x·σ(x)", Bound.Memory)
    {
        Cases = [Case(new(3)), Case(new(7, 33)), Case(new(2, 5, 7, 7)), Case(new(16, 16, 16, 16)) with { Toy = false }],
        Benchmarks = () => [Case(new(128, 32, 32, 64)), Case(new(128, 4, 4, 512))],
        Tolerance = 1e-6,
    };

    // Standard deviation 4 reaches both tails, where σ is 0 and 1.
    private static OpCase Case(Shape shape) => new($"{shape}", [new(shape) { Draw = OpInput.Normal(4) }], x => x[0].Swish(), x => SwishReference.Forward(x[0]))
    {
        Backward = (x, dY) => [SwishReference.Backward(x[0], dY)],
        Bytes = 8.0 * shape.Count,
        BackwardBytes = 12.0 * shape.Count,
    };
}

using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The latent penalty of Latent Point Collapse: y = γ·mean(z²). Derivative: dz = 2·γ·z/count · dY.</summary>
/// <remarks>Source: the LPC paper, equation of the loss; the mean is over all entries of z, as in the paper's code.</remarks>
public static class LatentPenaltyOp
{
    /// <summary>γ times the mean square of the latents.</summary>
    /// <param name="z">The latents, any shape.</param>
    /// <param name="gamma">A float scalar in device memory, where per-step numbers live so that a recorded step can be replayed. It gets no
    /// gradient.</param>
    /// <returns>A scalar of the running step.</returns>
    /// <remarks>
    /// Each term is (γ·z)·z: with γ up to 1e6 and |z| down to 1e-4 and far below, no intermediate leaves the range of floats. Memory-bound:
    /// reads z once; backward reads z and writes dz. Saves z and γ. Deterministic: partial sums over tiles of fixed size, added in a fixed
    /// order.
    /// </remarks>
    /// <exception cref="ShapeException">Gamma has more than one element.</exception>
    public static Tensor LatentPenalty(this Tensor z, Tensor gamma)
    {
        if (gamma.Shape.Count != 1) throw new ShapeException("LatentPenalty", $"gamma is {gamma.Shape} but must be a scalar.");
        var device = z.Device;
        var y = device.New(Shape.Scalar);
        if (device is CpuDevice cpu) LatentPenaltyCpu.Forward(cpu, z, gamma, y);
        else LatentPenaltyGpu.On(device).Forward(z, gamma, y);
        if (device.Tape.Record<Node>(y, z) is { } node) (node.Z, node.Gamma) = (z, gamma);
        return y;
    }

    private sealed class Node : TapeNode
    {
        public Tensor Z = null!, Gamma = null!;

        public override void Backward(Tensor dY, Gradients gradients)
        {
            if (!gradients.Wants(Z)) return;
            var dZ = gradients.Allocate(Z);
            if (Z.Device is CpuDevice cpu) LatentPenaltyCpu.Backward(cpu, Z, Gamma, dY, dZ);
            else LatentPenaltyGpu.On(Z.Device).Backward(Z, Gamma, dY, dZ);
            gradients.Add(Z, dZ);
        }
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("latent-penalty", "y = γ·mean(z²)", Bound.Memory)
    {
        Cases =
        [
            Case(1, 1, 0.5, 1), Case(7, 5, 0.01, 1), Case(3, 131, 1e6, 1e-4), Case(5, 33, 1e6, 1e-9), Case(2, 4, 0, 1),
            Case(129, 67, 30, 0.1) with { Toy = false },
        ],
        Benchmarks = () => [Case(128, 64, 1, 1), Case(128, 2048, 1, 1)],
    };

    private static OpCase Case(int n, int d, double gamma, double scale) => new($"[{n}, {d}] γ {gamma} scale {scale}",
        [new(new(n, d)) { Draw = OpInput.Normal(scale) }, new(Shape.Scalar, Differentiable: false) { Draw = OpInput.Constant(gamma) }],
        x => x[0].LatentPenalty(x[1]), x => LatentPenaltyReference.Forward(x[0], x[1]))
    {
        Backward = (x, dY) => [LatentPenaltyReference.Backward(x[0], x[1], dY), null],
        Flops = 3.0 * n * d,
        Bytes = 4.0 * n * d,
        BackwardFlops = 2.0 * n * d,
        BackwardBytes = 8.0 * n * d,
        // Central differences are exact for a square; the step must only be of the inputs' size.
        Epsilon = 1e-3 * scale,
    };
}

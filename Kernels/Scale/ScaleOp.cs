using System.Runtime.CompilerServices;
using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Multiplication by a number: y = factor·x. Derivative: dX = factor·dY.</summary>
public static class ScaleOp
{
    /// <summary>Multiplies each element by the same number.</summary>
    /// <param name="x">Any shape, floats or bf16.</param>
    /// <param name="factor">The number, fixed when the operation is recorded; no gradient flows to it.</param>
    /// <returns>A tensor of the same shape and type, of the running step.</returns>
    /// <exception cref="KernelMissingException">x is bf16 on the cpu.</exception>
    /// <remarks>Memory-bound: reads x once, writes y once; backward reads dY, writes dX. Saves nothing. Deterministic.</remarks>
    public static Tensor Scale(this Tensor x, float factor)
    {
        Activations.Check("Scale", x);
        var y = x.Device.New(x.Shape, x.Type);
        Run(x, y, factor);
        if (x.Device.Tape.Record<Node>(y, x) is { } node) (node.X, node.Factor) = (x, factor);
        return y;
    }

    private static void Run(Tensor from, Tensor to, float factor)
    {
        if (from.Device is CpuDevice cpu) ElementwiseCpu.Run<ScaleCpu>(cpu, from, null, to, factor);
        else ElementwiseGpu.Run<ScaleGpu>(from, null, to, factor);
    }

    private sealed class Node : TapeNode
    {
        public Tensor X = null!;
        public float Factor;

        public override void Backward(Tensor dY, Gradients gradients)
        {
            if (!gradients.Wants(X)) return;
            var dX = gradients.Allocate(X);
            Run(dY, dX, Factor);
            gradients.Add(X, dX);
        }
    }

    private readonly struct ScaleCpu : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Apply<TVector, TSimd>(TVector x, TVector none, float factor)
            where TVector : struct where TSimd : struct, ISimd<TVector> =>
            TSimd.Multiply(x, TSimd.Broadcast(factor));
    }

    private readonly struct ScaleGpu : IElementwiseGpu
    {
        public static bool IsBinary => false;

        public static float Apply(float x, float none, float factor) => factor * x;
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("scale", "y = factor·x", Bound.Memory)
    {
        Cases = [Case(new(3), 2f), Case(new(7, 33), -0.3f), Case(new(2, 5, 7, 7), 0f), Case(new(16, 16, 17, 16), 1e-3f) with { Toy = false }],
        Benchmarks = () => [Case(new(128, 32, 32, 64), 0.5f)],
        Tolerance = 1e-7,
        MorePrecisions = OpSpec.Bf16OnGpus,
    };

    private static OpCase Case(Shape shape, float factor) => new($"{shape} × {factor}", [new(shape) { IsActivation = true }], x => x[0].Scale(factor), x => ScaleReference.Run(x[0], factor))
    {
        Backward = (_, dY) => [ScaleReference.Run(dY, factor)],
        Flops = shape.Count,
        Bytes = 8.0 * shape.Count,
        BackwardFlops = shape.Count,
        BackwardBytes = 8.0 * shape.Count,
    };
}

using System.Runtime.CompilerServices;
using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Rectifier: y = max(x, 0). Derivative: 1 where x is positive or NaN, else 0 (also at 0).</summary>
public static class ReluOp
{
    /// <summary>Sets negative elements to zero.</summary>
    /// <param name="x">Any shape, floats or bf16.</param>
    /// <returns>A tensor of the same shape and type, of the running step. NaN stays NaN.</returns>
    /// <exception cref="KernelMissingException">x is bf16 on the cpu.</exception>
    /// <remarks>
    /// Memory-bound: reads x once, writes y once; backward reads y and dY, writes dX. Saves y, not x. Deterministic; each element depends
    /// on its own input alone.
    /// </remarks>
    public static Tensor Relu(this Tensor x)
    {
        Activations.Check("Relu", x);
        var y = x.Device.New(x.Shape, x.Type);
        if (x.Device is CpuDevice cpu) ElementwiseCpu.Run<ReluCpu>(cpu, x, null, y);
        else ElementwiseGpu.Run<ReluGpu>(x, null, y);
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
            if (X.Device is CpuDevice cpu) ElementwiseCpu.Run<ReluSlopeCpu>(cpu, Output, dY, dX);
            else ElementwiseGpu.Run<ReluSlopeGpu>(Output, dY, dX);
            gradients.Add(X, dX);
        }
    }

    private readonly struct ReluCpu : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Apply<TVector, TSimd>(TVector x, TVector none, float unused)
            where TVector : struct where TSimd : struct, ISimd<TVector> =>
            TSimd.Max(TSimd.Zero, x);
    }

    private readonly struct ReluSlopeCpu : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Apply<TVector, TSimd>(TVector y, TVector dY, float unused)
            where TVector : struct where TSimd : struct, ISimd<TVector> =>
            TSimd.WhereGreater(y, TSimd.Zero, dY, TSimd.Zero);
    }

    // On GPUs "not ≤ 0" rather than "> 0": NaN passes.
    private readonly struct ReluGpu : IElementwiseGpu
    {
        public static bool IsBinary => false;

        public static float Apply(float x, float none, float unused) => x <= 0f ? 0f : x;
    }

    private readonly struct ReluSlopeGpu : IElementwiseGpu
    {
        public static bool IsBinary => true;

        public static float Apply(float y, float dY, float unused) => y <= 0f ? 0f : dY;
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("relu", "y = max(x, 0)", Bound.Memory)
    {
        Cases = [Case(new(3)), Case(new(7, 33)), Case(new(2, 5, 7, 7)), Case(new(16, 16, 17, 16)) with { Toy = false }, WithNaN],
        Benchmarks = () => [Case(new(128, 32, 32, 64)), Case(new(128, 4, 4, 512))],
        Tolerance = 0,
        Bf16Tolerance = 0,
        MorePrecisions = OpSpec.Bf16OnGpus,
    };

    private static OpCase WithNaN => Case(new(3, 37)) with
    {
        Label = "[3, 37] with NaN",
        Inputs = [new(new(3, 37)) { Draw = (random, i) => i % 5 == 1 ? double.NaN : OpInput.Normal(1)(random, i), IsActivation = true }],
        HasKinks = true,
    };

    // Distances of 0.01 from the kink at 0 keep the central differences on one side of it.
    private static OpCase Case(Shape shape) => new(
        $"{shape}", [new(shape) { Draw = (random, _) => (random.Next(2) * 2 - 1) * (0.01 + 3 * random.NextDouble()), IsActivation = true }], x => x[0].Relu(), x => ReluReference.Forward(x[0]))
    {
        Backward = (x, dY) => [ReluReference.Backward(x[0], dY)],
        Bytes = 8.0 * shape.Count,
        BackwardBytes = 12.0 * shape.Count,
    };
}

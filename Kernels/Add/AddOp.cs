using System.Runtime.CompilerServices;
using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Sum of two tensors: y = a + b. Both gradients are dY itself.</summary>
public static class AddOp
{
    /// <summary>Adds two tensors element by element.</summary>
    /// <param name="a">Any shape, floats or bf16.</param>
    /// <param name="b">The same shape and type.</param>
    /// <returns>A tensor of the same shape and type, of the running step.</returns>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <exception cref="ArgumentException">The types differ.</exception>
    /// <exception cref="KernelMissingException">The inputs are bf16 on the cpu.</exception>
    /// <remarks>
    /// Memory-bound: reads a and b once, writes y once; backward moves nothing, dY is handed on. Saves nothing. Deterministic.
    /// </remarks>
    public static Tensor Add(this Tensor a, Tensor b)
    {
        if (a.Shape != b.Shape) throw new ShapeException("Add", $"a is {a.Shape} and b is {b.Shape}; they must be equal (nothing is broadcast).");
        Activations.Check("Add", a, b);
        var y = a.Device.New(a.Shape, a.Type);
        if (a.Device is CpuDevice cpu) ElementwiseCpu.Run<AddCpu>(cpu, a, b, y);
        else ElementwiseGpu.Run<AddGpu>(a, b, y);
        if (a.Device.Tape.Record<Node>(y, a, b) is { } node) (node.A, node.B) = (a, b);
        return y;
    }

    private sealed class Node : TapeNode
    {
        public Tensor A = null!, B = null!;

        public override void Backward(Tensor dY, Gradients gradients)
        {
            if (gradients.Wants(A)) gradients.AddShared(A, dY);
            if (gradients.Wants(B)) gradients.AddShared(B, dY);
        }
    }

    private readonly struct AddCpu : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Apply<TVector, TSimd>(TVector a, TVector b, float unused)
            where TVector : struct where TSimd : struct, ISimd<TVector> => TSimd.Add(a, b);
    }

    private readonly struct AddGpu : IElementwiseGpu
    {
        public static bool IsBinary => true;

        public static float Apply(float a, float b, float unused) => a + b;
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("add", "y = a + b", Bound.Memory)
    {
        Cases = [Case(new(3)), Case(new(7, 33)), Case(new(2, 5, 7, 7)), Case(new(16, 16, 17, 16)) with { Toy = false }],
        Benchmarks = () => [Case(new(128, 32, 32, 64)), Case(new(128, 4, 4, 512))],
        Tolerance = 1e-7,
        MorePrecisions = OpSpec.Bf16OnGpus,
    };

    private static OpCase Case(Shape shape) => new($"{shape}", [new(shape) { IsActivation = true }, new(shape) { IsActivation = true }], x => x[0].Add(x[1]), x => AddReference.Forward(x[0], x[1]))
    {
        Backward = (_, dY) => [dY, dY],
        Flops = shape.Count,
        Bytes = 12.0 * shape.Count,
    };
}

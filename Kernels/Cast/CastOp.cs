using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Conversion between floats and bf16: y = x up to rounding. Derivative: dX = dY, converted back.</summary>
public static class CastOp
{
    /// <summary>Converts each element.</summary>
    /// <param name="x">Any shape, floats or bf16.</param>
    /// <param name="type"><see cref="DType.Float32"/> or <see cref="DType.BFloat16"/>.</param>
    /// <returns>A tensor of the same shape, of the running step; x itself where it is of that type already.</returns>
    /// <exception cref="ArgumentException">x or the type is neither floats nor bf16.</exception>
    /// <exception cref="KernelMissingException">A conversion on the cpu.</exception>
    /// <remarks>
    /// Memory-bound: reads x once, writes y once; backward reads dY, writes dX. Saves nothing. To bf16 rounds to nearest even, infinities and NaN stay, what is too large becomes infinite
    /// (see <see cref="BFloat16"/>); to floats is exact. The gradient has x's type: it is as if rounding had the slope 1. Deterministic, the same bits on every device.
    /// </remarks>
    public static Tensor Cast(this Tensor x, DType type)
    {
        if (!IsFloating(x.Type) || !IsFloating(type)) throw new ArgumentException($"Cast: {x} to {type}; both must be {DType.Float32} or {DType.BFloat16}.");
        if (x.Type == type) return x;
        if (x.Device is CpuDevice) throw new KernelMissingException("Cast", x.Device.Name, Precision.Bf16);
        var y = x.Device.New(x.Shape, type);
        CastGpu.On(x.Device).Run(x, y);
        if (x.Device.Tape.Record<Node>(y, x) is { } node) node.X = x;
        return y;
    }

    private static bool IsFloating(DType type) => type is DType.Float32 or DType.BFloat16;

    private sealed class Node : TapeNode
    {
        public Tensor X = null!;

        public override void Backward(Tensor dY, Gradients gradients)
        {
            if (!gradients.Wants(X)) return;
            var dX = gradients.Allocate(X);
            CastGpu.On(X.Device).Run(dY, dX);
            gradients.Add(X, dX);
        }
    }

    /// <summary>The declaration. At fp32 there is nothing to convert.</summary>
    public static OpSpec Spec { get; } = new("cast", "y = x as bf16, or as fp32", Bound.Memory)
    {
        Cases = [.. Both(new(3)), .. Both(new(5, 1)), .. Both(new(7, 33)), .. Both(new(2, 5, 7, 17)), Case(new(16, 16, 17, 16), narrows: true) with { Toy = false }],
        IsIdleAtFp32 = true,
        Tolerance = 0,
        Bf16FloatTolerance = 0,
        MorePrecisions = OpSpec.Bf16OnGpus,
    };

    private static OpCase[] Both(Shape shape) => [Case(shape, narrows: true), Case(shape, narrows: false)];

    private static OpCase Case(Shape shape, bool narrows) => new(
        $"{shape} {(narrows ? "to activations" : "from activations")}", [new(shape) { IsActivation = !narrows }],
        x => x[0].Cast(narrows && x[0].Device.Precision == Precision.Bf16 ? DType.BFloat16 : DType.Float32), x => CastReference.Run(x[0]))
    {
        Backward = (_, dY) => [CastReference.Run(dY)],
        Bytes = 6.0 * shape.Count,
        BackwardBytes = 6.0 * shape.Count,
    };
}

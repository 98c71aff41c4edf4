using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>A random order on the CPU: one exchange after the other.</summary>
internal static unsafe class ShuffleCpu
{
    public static void Shuffle(Tensor order, ulong seed, uint stream) => Philox.Permutation(new Span<int>(CpuDevice.Ints(order), order.Shape.Count), seed, stream);
}

using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>A random order of 0 … n − 1, made where it is used: the fair shuffle of Fisher and Yates, exchange for exchange.</summary>
/// <remarks>
/// <para>
/// order ← 0 … n − 1; then for i = n − 1, …, 1 the cells i and jᵢ are exchanged, with jᵢ = <see cref="Philox.Below"/>(seed, stream, i, i + 1). The result is that of <see cref="Philox.Permutation"/>
/// on every device: whole numbers, so there is nothing to round.
/// </para>
/// <para>
/// Sources: Durstenfeld, "Algorithm 235: Random permutation", 1964. That the exchanges hang together in chains of O(log n) with high probability, so that they need not be made one after the other:
/// Shun, Gu, Blelloch, Fineman, Gibbons, "Sequential random permutation, list contraction and tree contraction are highly parallel", 2015. How a GPU makes use of it is told in <c>ShuffleGpu</c>.
/// </para>
/// </remarks>
public static class ShuffleOp
{
    /// <summary>Overwrites a tensor with a random order of its places.</summary>
    /// <param name="order">[n], <see cref="DType.Int32"/>; what it held before does not matter.</param>
    /// <param name="seed">The experiment's seed.</param>
    /// <param name="stream">One stream for each order, see <see cref="RandomStreams"/>: of the training images it is <see cref="RandomStreams.ImageOrder"/> + epoch.</param>
    /// <remarks>
    /// Must be called within a step: on a GPU it takes n whole numbers of the step's memory and gives them back. The cpu makes n exchanges on one thread. A GPU draws n numbers and makes 63·n
    /// comparisons on one group, then on average takes n steps in all, each a dependent access to memory, on all of its threads. Not recorded on the tape; no gradient. Deterministic.
    /// </remarks>
    /// <exception cref="ShapeException">The order is no row.</exception>
    /// <exception cref="ArgumentException">The order is not of whole numbers.</exception>
    public static void Shuffle(Tensor order, ulong seed, uint stream)
    {
        if (order.Type != DType.Int32) throw new ArgumentException($"Shuffle: {order} must be of whole numbers ({DType.Int32}).", nameof(order));
        if (order.Shape.Rank != 1) throw new ShapeException("Shuffle", $"order is {order.Shape} but must be [n].");
        order.MarkChanged();
        if (order.Device is CpuDevice) ShuffleCpu.Shuffle(order, seed, stream);
        else ShuffleGpu.On(order.Device).Shuffle(order, seed, stream, ShuffleGpu.Threads);
    }

    /// <summary>The declaration.</summary>
    public static OpSpec Spec { get; } = new("shuffle", "order ← 0 … n − 1; for i = n − 1 … 1 exchange order[i], order[Below(i + 1)]", Bound.Memory)
    {
        // Around the size of a group, and short ones, where nearly every exchange meets another.
        Cases =
        [
            Case(1, 5, 1), Case(2, 5, 1), Case(3, 0, 0), Case(12, ulong.MaxValue, uint.MaxValue), Case(63, 1, 0x80000000), Case(64, 1UL << 63, 7), Case(65, 2, RandomStreams.ImageOrder + 1),
            Case(400, 0x9E3779B97F4A7C15, 3), Case(50_000, 0, RandomStreams.ImageOrder + 200) with { Toy = false },
        ],
        Benchmarks = () => [Case(50_000, 0, RandomStreams.ImageOrder + 1)],
        Tolerance = 0,
    };

    private static OpCase Case(int n, ulong seed, uint stream) => new($"[{n}], seed {seed:x}, stream {stream:x}",
        [new(new Shape(n), Differentiable: false) { Type = DType.Int32, Draw = OpInput.Whole(int.MaxValue), Changes = true }],
        x =>
        {
            Shuffle(x[0], seed, stream);
            return null;
        },
        x =>
        {
            ShuffleReference.Order(n, seed, stream).CopyTo(x[0], 0);
            return [];
        })
    {
        Bytes = 4.0 * n,
    };
}

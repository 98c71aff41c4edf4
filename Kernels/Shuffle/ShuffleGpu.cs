using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The sequential shuffle in ILGPU without its sequence: each cell finds out by itself what ends in it.</summary>
/// <remarks>
/// <para>
/// Exchange i is that of cells i and jᵢ ≤ i; they come in the order n − 1, …, 1, and exchange 0, of cell 0 with itself, changes nothing. After exchange i nobody touches cell i, so what ends there is what lies
/// in cell jᵢ when exchange i comes.
/// </para>
/// <para>
/// What lies in cell c ≤ i when exchange i comes? The exchanges before it are those k > i, and they have touched c only where jₖ = c, since k itself is not c. If there is none, c holds what it began with, c. Otherwise
/// the last of them, that with the smallest k, put there what lay in cell k when exchange k came: the same question about a larger number. As numbers end at n − 1, so do the questions.
/// </para>
/// <para>
/// So two links for each number are all that has to be known: the smallest k > i with jₖ = jᵢ, where the questions of cell i begin, and the smallest k > c with jₖ = c, how they go on. <see cref="Link"/> finds
/// them block by block from above, on one group; <see cref="Follow"/> then walks, each thread alone. Exchange k aims at c with a chance of 1/(k + 1), so the next one that does lies above m with a chance of (c + 1)/(m + 1): a walk
/// multiplies its number by e a step, in the geometric mean, and from i it takes about ln(n/i) steps; on average over all i one.
/// </para>
/// </remarks>
internal sealed class ShuffleGpu(GpuDevice device)
{
    /// <summary>Threads of the group that links. More of them wait less often for memory and compare more; 64 were a good middle on a processor (PoCL); no card has been asked.</summary>
    public const int Threads = 64;

    private const int None = -1;

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<int>, ulong, uint> link =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<int>, ulong, uint>>(Link);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<int>> follow =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<int>>>(Follow);

    public static ShuffleGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new ShuffleGpu(gpu));

    /// <summary>Makes the order.</summary>
    /// <param name="order">Is overwritten.</param>
    /// <param name="seed">See <see cref="ShuffleOp.Shuffle"/>.</param>
    /// <param name="stream">See <see cref="ShuffleOp.Shuffle"/>.</param>
    /// <param name="threads">Threads of the group that links, at most <see cref="Threads"/>. They change how long it takes, not the order.</param>
    public void Shuffle(Tensor order, ulong seed, uint stream, int threads)
    {
        var aimedAt = device.New(order.Shape, DType.Int32);
        device.FillBytes(aimedAt, 0);
        link(device.Stream, new KernelConfig(1, threads), GpuDevice.Ints(order), GpuDevice.Ints(aimedAt), seed, stream);
        follow(device.Stream, Elements.Config(order.Shape.Count), GpuDevice.Ints(order), GpuDevice.Ints(aimedAt));
        device.GiveBack(aimedAt);
    }

    /// <summary>Writes the links. order[i]: the smallest k > i with jₖ = jᵢ, or ~jᵢ where there is none. aimedAt[c]: the smallest k > c with jₖ = c; it must come as zeros, which stay where there is none.</summary>
    /// <remarks>
    /// Exchanges come in blocks of a group from above, one a thread, so the smallest k so far is always the one that wrote last. No two threads write the same number: of a block's exchanges with the same aim only the smallest does.
    /// A barrier is one for shared memory and for the device's: in PTX for all memory, in OpenCL for those that it names (<c>OpenClAdjustments</c>).
    /// </remarks>
    private static void Link(ArrayView<int> order, ArrayView<int> aimedAt, ulong seed, uint stream)
    {
        var aims = SharedMemory.Allocate<int>(Threads);
        for (var top = (int)order.Length - 1; top >= 0; top -= Group.DimX)
        {
            var i = top - Group.IdxX;
            var aim = i >= 0 ? Philox.Choose(seed, stream, (ulong)i, i + 1) : None;
            // An exchange with itself moves nothing, so no question leads to it; it only asks.
            aims[Group.IdxX] = aim == i ? None : aim;
            Group.Barrier(); // all aims are there before they are compared, and what the block before noted in aimedAt before it is read
            int larger = None, smaller = None;
            for (var thread = 0; thread < Group.DimX; thread++)
            {
                if (aims[thread] != aim) continue;
                if (thread < Group.IdxX) larger = thread;
                if (thread > Group.IdxX) smaller = thread;
            }
            if (i >= 0)
            {
                // Read in any case: ILGPU would mark a branch as uniform that takes "larger" for equal in all threads, since the loop's counter is.
                var noted = aimedAt[aim];
                var next = larger >= 0 ? top - larger : noted;
                order[i] = next > 0 ? next : ~aim;
            }
            Group.Barrier(); // everybody has read aimedAt and the aims before they change
            if (i >= 0 && aim != i && smaller < 0) aimedAt[aim] = i;
        }
    }

    /// <summary>Walks from each cell's first link to what ends in the cell.</summary>
    private static void Follow(ArrayView<int> order, ArrayView<int> aimedAt)
    {
        var i = Elements.Index;
        if (i >= order.Length) return;
        var from = order[i];
        if (from < 0)
        {
            order[i] = ~from;
            return;
        }
        for (var next = aimedAt[from]; next > 0; next = aimedAt[from]) from = next;
        order[i] = from;
    }
}

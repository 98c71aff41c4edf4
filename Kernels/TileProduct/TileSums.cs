using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The loop of all tiled products: slices of both operands come to shared memory, and each thread adds to its sums what they contribute.</summary>
internal static class TileSums
{
    /// <summary>The thread's sums of a tile; called by all threads of a group.</summary>
    /// <param name="tileA">Shared memory of two left slices.</param>
    /// <param name="tileB">Shared memory of two right slices.</param>
    /// <param name="left">The left operand.</param>
    /// <param name="right">The right operand.</param>
    /// <param name="plan">The product.</param>
    /// <param name="tile">The group's tile.</param>
    /// <param name="begin">Where the sums begin.</param>
    /// <param name="end">Where they end.</param>
    public static TTile Of<TTile, TSlices>(ArrayView<Float4> tileA, ArrayView<Float4> tileB, ArrayView<float> left, ArrayView<float> right, GatherPlan plan, TilePlace tile, int begin, int end)
        where TTile : struct, ITile<TTile> where TSlices : struct, ITileSlices<TSlices>
    {
        var places = SlicePlaces.Of<TTile, TSlices>(Group.IdxX);
        var slices = TSlices.Begin<TTile>(left, right, plan, tile, begin, end);
        var sums = default(TTile);
        Store<TTile, TSlices>(tileA, tileB, places, slices);
        for (var k = begin + TileShape.Depth<TTile>(); k < end + TileShape.Depth<TTile>(); k += TileShape.Depth<TTile>())
        {
            // The slice must be complete before anybody reads it; and the other buffer, overwritten below, was last read before this barrier.
            Group.Barrier();
            // Fetched before the multiplication and stored after it, so that memory answers meanwhile.
            slices = slices.Next<TTile>(left, right, plan, k);
            sums = sums.PlusProduct(tileA, tileB, places.ReadA, places.ReadB);
            places = places.OfOther<TTile, TSlices>();
            Store<TTile, TSlices>(tileA, tileB, places, slices);
        }
        return sums;
    }

    // Puts what a thread has fetched of both operands into one of the two buffers.
    private static void Store<TTile, TSlices>(ArrayView<Float4> tileA, ArrayView<Float4> tileB, SlicePlaces places, TSlices slices) where TTile : struct, ITile<TTile> where TSlices : struct, ITileSlices<TSlices>
    {
        if (slices.LieAlongSum)
        {
            // The slice is stored transposed: a thread's rows of one k then lie side by side.
            StoreColumn(tileA, places.WriteA, slices.A0);
            if (TileShape.RowFetches<TTile>() > 1) StoreColumn(tileA, places.WriteA + 4 * TileShape.ThreadsPerRow<TTile>() * (4 * TileShape.RowPitch), slices.A1);
        }
        else
        {
            tileA[places.WriteA] = slices.A0;
            if (TileShape.RowFetches<TTile>() > 1) tileA[places.WriteA + TileShape.Warps<TTile>() * TileShape.RowPitch] = slices.A1;
        }
        tileB[places.WriteB] = slices.B;
    }

    private static void StoreColumn(ArrayView<Float4> tile, int at, Float4 value)
    {
        var column = tile.Cast<float>().SubView(at);
        column[0] = value.X;
        column[4 * TileShape.RowPitch] = value.Y;
        column[2 * (4 * TileShape.RowPitch)] = value.Z;
        column[3 * (4 * TileShape.RowPitch)] = value.W;
    }
}

/// <summary>Where a thread reads and writes its part of the slices, in the one buffer and then in the other.</summary>
/// <remarks>Carried along: to save registers the assembler would work each place out anew for every slice, which takes two dozen instructions.</remarks>
internal struct SlicePlaces
{
    /// <summary>Where it reads the left slice, counted in what it reads at once (<see cref="ITile{TTile}.PlusProduct"/>), and the right one, in Float4s.</summary>
    public int ReadA, ReadB;

    /// <summary>Where it writes the left slice, counted in what it writes at once: floats, if they lie along the sum, or Float4s; and the right one, in Float4s.</summary>
    public int WriteA, WriteB;

    // Float4s from this buffer to the other.
    private int turnA, turnB;

    /// <summary>The places of a thread in the first buffer.</summary>
    public static SlicePlaces Of<TTile, TSlices>(int thread) where TTile : struct, ITile<TTile> where TSlices : struct, ITileSlices<TSlices> => new()
    {
        ReadA = TileShape.ThreadRow<TTile>(thread) / RowsAtOnce<TTile>(), ReadB = TileShape.ThreadQuad<TTile>(thread),
        WriteA = default(TSlices).LieAlongSum ? (thread & (TileShape.ThreadsPerRow<TTile>() - 1)) * 4 * (4 * TileShape.RowPitch) + thread / TileShape.ThreadsPerRow<TTile>()
            : thread / 32 * TileShape.RowPitch + (thread & 31),
        WriteB = thread, turnA = TileShape.RowSlice<TTile>(), turnB = TileShape.ColumnSlice<TTile>(),
    };

    /// <summary>The same in the other buffer.</summary>
    public readonly SlicePlaces OfOther<TTile, TSlices>() where TTile : struct, ITile<TTile> where TSlices : struct, ITileSlices<TSlices> => new()
    {
        ReadA = ReadA + turnA * (4 / RowsAtOnce<TTile>()), ReadB = ReadB + turnB, WriteA = WriteA + turnA * (default(TSlices).LieAlongSum ? 4 : 1), WriteB = WriteB + turnB, turnA = -turnA, turnB = -turnB,
    };

    private static int RowsAtOnce<TTile>() where TTile : struct, ITile<TTile> => TileShape.RowsPerThread<TTile>() < 4 ? TileShape.RowsPerThread<TTile>() : 4;
}

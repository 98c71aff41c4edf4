using ILGPU;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The kernels of a product whose left matrix is the transpose of gathered rows: sums over all pixels, cut into splits that a second pass adds.</summary>
internal static class GatheredColumnsGpu
{
    public static void ProductKernel<TTile, TAlignment>(ArrayView<float> source, ArrayView<float> matrix, ArrayView<float> result, GatherPlan plan, int splitLength)
        where TTile : struct, ITile<TTile> where TAlignment : struct, IAlignment
    {
        var tileA = SharedMemory.Allocate<Float4>(2 * TileShape.RowSlice<TTile>());
        var tileB = SharedMemory.Allocate<Float4>(2 * TileShape.ColumnSlice<TTile>());
        var thread = Group.IdxX;

        var tilesDown = (plan.Depth + TileShape.Rows - 1) / TileShape.Rows;
        var tileAcross = Grid.IdxX / tilesDown;
        var firstRow = (Grid.IdxX - tileAcross * tilesDown) * TileShape.Rows;

        // A warp fetches 128 neighbouring (tap, channel) columns of one pixel: whole cache lines where there are many channels.
        var row = firstRow + (thread & 31) * 4;
        var cursor = TapCursor.At(plan, row);
        var begin = Grid.IdxY * splitLength;
        var end = begin + splitLength;
        if (end > plan.Rows) end = plan.Rows;
        var pixel = begin + thread / 32;
        var walk = PixelWalk.At(plan, pixel);
        var stride = PixelWalk.At(plan, Warps<TTile>());

        var firstColumn = tileAcross * default(TTile).Columns;
        var fetched = firstColumn + (thread & (TileShape.SliceQuads<TTile>() - 1)) * 4;
        var fetchedRow = begin + thread / TileShape.SliceQuads<TTile>();

        // The thread's place in the tile.
        var tileRow = TileShape.ThreadRow<TTile>(thread);
        var tileQuad = TileShape.ThreadQuad<TTile>(thread);

        var sums = default(TTile);
        var buffer = 0;
        var a0 = Gather<TAlignment>(source, plan, cursor, walk, pixel < end);
        walk = walk.Advance(plan, stride);
        Float4 a1 = default;
        if (TileShape.RowFetches<TTile>() > 1)
        {
            a1 = Gather<TAlignment>(source, plan, cursor, walk, pixel + Warps<TTile>() < end);
            walk = walk.Advance(plan, stride);
        }
        var b = TileShape.Load<TAlignment>(matrix, fetchedRow, fetched, fetchedRow < end, plan.Columns);
        StoreSlices<TTile>(tileA, tileB, buffer, thread, a0, a1, b);
        for (var k = begin; k < end; k += TileShape.Depth<TTile>())
        {
            // The slice must be complete before anybody reads it; and the other buffer, overwritten below, was last read before this barrier.
            Group.Barrier();
            // Fetched before the multiplication and stored after it, so that memory answers meanwhile.
            pixel += TileShape.Depth<TTile>();
            a0 = Gather<TAlignment>(source, plan, cursor, walk, pixel < end);
            walk = walk.Advance(plan, stride);
            if (TileShape.RowFetches<TTile>() > 1)
            {
                a1 = Gather<TAlignment>(source, plan, cursor, walk, pixel + Warps<TTile>() < end);
                walk = walk.Advance(plan, stride);
            }
            fetchedRow += TileShape.Depth<TTile>();
            b = TileShape.Load<TAlignment>(matrix, fetchedRow, fetched, fetchedRow < end, plan.Columns);
            sums = sums.PlusProduct(tileA, tileB, buffer * TileShape.RowSlice<TTile>(), tileRow, buffer * TileShape.ColumnSlice<TTile>() + tileQuad);
            buffer ^= 1;
            StoreSlices<TTile>(tileA, tileB, buffer, thread, a0, a1, b);
        }

        Write<TTile, TAlignment>(result, plan, sums, firstRow, firstColumn, Grid.IdxY * plan.Depth);
    }

    /// <summary>Adds the splits of each element, always in the same order.</summary>
    public static void SumKernel(ArrayView<float> partial, ArrayView<float> result, int splits)
    {
        var i = Elements.Index;
        if (i >= result.Length) return;
        var count = (int)result.Length;
        // Eight at a time, which don't wait for one another: results with the fewest threads have the most splits.
        var sum = 0f;
        var split = 0;
        for (; split + 8 <= splits; split += 8)
        {
            int at = split * count + i, four = 4 * count;
            float a = partial[at] + partial[at + count], b = partial[at + 2 * count] + partial[at + 3 * count];
            float c = partial[at + four] + partial[at + four + count], d = partial[at + four + 2 * count] + partial[at + four + 3 * count];
            sum += a + b + (c + d);
        }
        for (; split < splits; split++) sum += partial[split * count + i];
        result[i] = sum;
    }

    /// <summary>Warps of a group; each fetches the row of one pixel, or of two.</summary>
    public static int Warps<TTile>() where TTile : struct, ITile<TTile> => default(TTile).Threads / 32;

    /// <summary>Four neighbouring (tap, channel) columns of a pixel's gathered row.</summary>
    private static Float4 Gather<TAlignment>(ArrayView<float> source, GatherPlan plan, TapCursor cursor, PixelWalk pixel, bool inside) where TAlignment : struct, IAlignment
    {
        if (!inside) return new Float4();
        return GatheredRowsGpu.Gather<TAlignment>(source, plan, cursor, pixel.Image, pixel.U * plan.Step + plan.BaseH, pixel.V * plan.Step + plan.BaseW);
    }

    /// <summary>Puts what a thread has fetched of both operands into one of the two buffers.</summary>
    public static void StoreSlices<TTile>(ArrayView<Float4> tileA, ArrayView<Float4> tileB, int buffer, int thread, Float4 a0, Float4 a1, Float4 b) where TTile : struct, ITile<TTile>
    {
        var atA = buffer * TileShape.RowSlice<TTile>() + thread / 32 * TileShape.RowPitch + (thread & 31);
        tileA[atA] = a0;
        if (TileShape.RowFetches<TTile>() > 1) tileA[atA + Warps<TTile>() * TileShape.RowPitch] = a1;
        tileB[buffer * TileShape.ColumnSlice<TTile>() + thread] = b;
    }

    /// <summary>Writes a tile of sums.</summary>
    /// <param name="result">Where its rows go.</param>
    /// <param name="plan">The product.</param>
    /// <param name="sums">The thread's.</param>
    /// <param name="firstRow">The tile's.</param>
    /// <param name="firstColumn">The tile's.</param>
    /// <param name="before">Rows of the results in front.</param>
    public static void Write<TTile, TAlignment>(ArrayView<float> result, GatherPlan plan, TTile sums, int firstRow, int firstColumn, int before)
        where TTile : struct, ITile<TTile> where TAlignment : struct, IAlignment
    {
        // No loop over rows: the sums would have to lie in memory for it.
        var first = firstRow + TileShape.ThreadRow<TTile>(Group.IdxX);
        var column = firstColumn + 4 * TileShape.ThreadQuad<TTile>(Group.IdxX);
        WriteRow<TTile, TAlignment>(result, plan, before, first, column, sums, 0);
        WriteRow<TTile, TAlignment>(result, plan, before, first, column, sums, 1);
        WriteRow<TTile, TAlignment>(result, plan, before, first, column, sums, 2);
        WriteRow<TTile, TAlignment>(result, plan, before, first, column, sums, 3);
        WriteRow<TTile, TAlignment>(result, plan, before, first, column, sums, 4);
        WriteRow<TTile, TAlignment>(result, plan, before, first, column, sums, 5);
        WriteRow<TTile, TAlignment>(result, plan, before, first, column, sums, 6);
        WriteRow<TTile, TAlignment>(result, plan, before, first, column, sums, 7);
    }

    // Row i of the thread's, if it has so many.
    private static void WriteRow<TTile, TAlignment>(ArrayView<float> result, GatherPlan plan, int before, int first, int column, TTile sums, int i)
        where TTile : struct, ITile<TTile> where TAlignment : struct, IAlignment
    {
        if (i >= TileShape.RowsPerThread<TTile>() || first + i >= plan.Depth) return;
        TileShape.Store<TAlignment>(result, before + first + i, column, plan.Columns, sums.Row(i));
        if (default(TTile).ColumnsPerThread > 4) TileShape.Store<TAlignment>(result, before + first + i, column + default(TTile).Columns / 2, plan.Columns, sums.FarRow(i));
    }
}

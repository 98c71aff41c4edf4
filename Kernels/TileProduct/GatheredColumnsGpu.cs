using ILGPU;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The kernels of a product whose left matrix is the transpose of gathered rows: sums over all pixels, cut into splits that a second pass adds.</summary>
internal static class GatheredColumnsGpu
{
    public static void ProductKernel<TTile>(ArrayView<float> source, ArrayView<float> matrix, ArrayView<float> result, GatherPlan plan, int splitLength)
        where TTile : struct, ITile<TTile>
    {
        var tileA = SharedMemory.Allocate<Float4>(2 * TileShape.RowSlice);
        var tileB = SharedMemory.Allocate<Float4>(2 * TileShape.ColumnSlice);
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

        var firstColumn = tileAcross * 4 * default(TTile).ThreadsAcross;
        var fetched = firstColumn + (thread & 15) * 4;

        // The thread's place in the tile.
        var tileRow = thread / default(TTile).ThreadsAcross * default(TTile).RowsPerThread;
        var tileColumn = thread % default(TTile).ThreadsAcross;

        var sums = default(TTile);
        var buffer = 0;
        var a0 = Gather(source, plan, cursor, pixel, end);
        var a1 = Gather(source, plan, cursor, pixel + 8, end);
        var b = TileShape.Load(matrix, begin + thread / 16, fetched, begin + thread / 16 < end, plan.Columns);
        StoreSlices(tileA, tileB, buffer, thread, a0, a1, b);
        for (var k = begin; k < end; k += TileShape.Depth)
        {
            // The slice must be complete before anybody reads it; and the other buffer, overwritten below, was last read before this barrier.
            Group.Barrier();
            // Fetched before the multiplication and stored after it, so that memory answers meanwhile.
            pixel += TileShape.Depth;
            a0 = Gather(source, plan, cursor, pixel, end);
            a1 = Gather(source, plan, cursor, pixel + 8, end);
            var next = k + TileShape.Depth + thread / 16;
            b = TileShape.Load(matrix, next, fetched, next < end, plan.Columns);
            sums = sums.PlusProduct(tileA, tileB, buffer * TileShape.RowSlice, tileRow, buffer * TileShape.ColumnSlice + tileColumn);
            buffer ^= 1;
            StoreSlices(tileA, tileB, buffer, thread, a0, a1, b);
        }

        var column = firstColumn + tileColumn * 4;
        // No loop over rows: the sums would have to lie in memory for it.
        var first = firstRow + tileRow;
        Write(result, plan, first, column, sums.Row(0));
        Write(result, plan, first + 1, column, sums.Row(1));
        if (default(TTile).RowsPerThread > 2) Write(result, plan, first + 2, column, sums.Row(2));
        if (default(TTile).RowsPerThread > 3) Write(result, plan, first + 3, column, sums.Row(3));
        if (default(TTile).RowsPerThread > 4) Write(result, plan, first + 4, column, sums.Row(4));
        if (default(TTile).RowsPerThread > 5) Write(result, plan, first + 5, column, sums.Row(5));
        if (default(TTile).RowsPerThread > 6) Write(result, plan, first + 6, column, sums.Row(6));
        if (default(TTile).RowsPerThread > 7) Write(result, plan, first + 7, column, sums.Row(7));
    }

    /// <summary>Adds the splits of each element, always in the same order.</summary>
    public static void SumKernel(ArrayView<float> partial, ArrayView<float> result, int splits)
    {
        var i = Elements.Index;
        if (i >= result.Length) return;
        var sum = partial[i];
        var count = (int)result.Length;
        for (var split = 1; split < splits; split++) sum += partial[split * count + i];
        result[i] = sum;
    }

    /// <summary>Four neighbouring (tap, channel) columns of a pixel's gathered row.</summary>
    private static Float4 Gather(ArrayView<float> source, GatherPlan plan, TapCursor cursor, int pixel, int end)
    {
        if (pixel >= end) return new Float4();
        var line = pixel / plan.GridW;
        var image = line / plan.GridH;
        var h = (line - image * plan.GridH) * plan.Step + plan.BaseH;
        var w = (pixel - line * plan.GridW) * plan.Step + plan.BaseW;
        return GatheredRowsGpu.Gather(source, plan, cursor, image, h, w);
    }

    private static void StoreSlices(ArrayView<Float4> tileA, ArrayView<Float4> tileB, int buffer, int thread, Float4 a0, Float4 a1, Float4 b)
    {
        var atA = buffer * TileShape.RowSlice + thread / 32 * TileShape.RowPitch + (thread & 31);
        tileA[atA] = a0;
        tileA[atA + 8 * TileShape.RowPitch] = a1;
        tileB[buffer * TileShape.ColumnSlice + thread / 16 * TileShape.ColumnPitch + (thread & 15)] = b;
    }

    private static void Write(ArrayView<float> result, GatherPlan plan, int row, int column, Float4 value)
    {
        if (row < plan.Depth) TileShape.Store(result, Grid.IdxY * plan.Depth + row, column, plan.Columns, value);
    }
}

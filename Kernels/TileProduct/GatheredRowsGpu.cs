using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The kernel of a product whose left rows are gathered from images: an implicit matrix product, the gathered matrix is never stored.</summary>
internal static class GatheredRowsGpu
{
    private const int Outside = -(1 << 28);

    public static void ProductKernel<TTile>(ArrayView<float> source, ArrayView<float> matrix, ArrayView<float> bias, ArrayView<float> result, GatherPlan plan)
        where TTile : struct, ITile<TTile>
    {
        var tileA = SharedMemory.Allocate<Float4>(2 * TileShape.RowSlice);
        var tileB = SharedMemory.Allocate<Float4>(2 * TileShape.ColumnSlice);
        var thread = Group.IdxX;

        // Tiles one below the other are neighbours: they share the matrix's columns.
        var tilesDown = (plan.Rows + TileShape.Rows - 1) / TileShape.Rows;
        var tileAcross = Grid.IdxX / tilesDown;
        var firstRow = (Grid.IdxX - tileAcross * tilesDown) * TileShape.Rows;

        // Two threads fetch one row: each reads 16 bytes, together a memory sector of 32, twice in a slice.
        var row = firstRow + thread / 2;
        var inside = row < plan.Rows;
        var pixel = inside ? row : 0;
        var line = pixel / plan.GridW;
        var image = line / plan.GridH;
        var h = inside ? (line - image * plan.GridH) * plan.Step + plan.BaseH : Outside;
        var w = (pixel - line * plan.GridW) * plan.Step + plan.BaseW;
        var cursorA = TapCursor.At(plan, (thread & 1) * 4);

        // One Float4 of the matrix a thread: sixteen neighbours read a whole row of the slice.
        var firstColumn = tileAcross * 4 * default(TTile).ThreadsAcross;
        var fetched = firstColumn + (thread & 15) * 4;
        var cursorB = TapCursor.At(plan, thread / 16);

        // The thread's place in the tile.
        var tileRow = thread / default(TTile).ThreadsAcross * default(TTile).RowsPerThread;
        var tileColumn = thread % default(TTile).ThreadsAcross;

        var sums = default(TTile);
        var buffer = 0;
        var a0 = Gather(source, plan, cursorA, image, h, w);
        cursorA = cursorA.Advance(plan, 8);
        var a1 = Gather(source, plan, cursorA, image, h, w);
        var b = MatrixRow(matrix, plan, cursorB, fetched);
        StoreSlices(tileA, tileB, buffer, thread, a0, a1, b);
        for (var k = 0; k < plan.Depth; k += TileShape.Depth)
        {
            // The slice must be complete before anybody reads it; and the other buffer, overwritten below, was last read before this barrier.
            Group.Barrier();
            // Fetched before the multiplication and stored after it, so that memory answers meanwhile.
            cursorA = cursorA.Advance(plan, 8);
            a0 = Gather(source, plan, cursorA, image, h, w);
            cursorA = cursorA.Advance(plan, 8);
            a1 = Gather(source, plan, cursorA, image, h, w);
            cursorB = cursorB.Advance(plan, TileShape.Depth);
            b = MatrixRow(matrix, plan, cursorB, fetched);
            sums = sums.PlusProduct(tileA, tileB, buffer * TileShape.RowSlice, tileRow, buffer * TileShape.ColumnSlice + tileColumn);
            buffer ^= 1;
            StoreSlices(tileA, tileB, buffer, thread, a0, a1, b);
        }

        var column = firstColumn + tileColumn * 4;
        var offset = new Float4();
        if (plan.HasBias != 0) offset = TileShape.Load(bias, 0, column, true, plan.Columns);
        // No loop over rows: the sums would have to lie in memory for it (on PoCL it takes half of the speed).
        var first = firstRow + tileRow;
        Write(result, plan, first, column, sums.Row(0) + offset);
        Write(result, plan, first + 1, column, sums.Row(1) + offset);
        if (default(TTile).RowsPerThread > 2) Write(result, plan, first + 2, column, sums.Row(2) + offset);
        if (default(TTile).RowsPerThread > 3) Write(result, plan, first + 3, column, sums.Row(3) + offset);
        if (default(TTile).RowsPerThread > 4) Write(result, plan, first + 4, column, sums.Row(4) + offset);
        if (default(TTile).RowsPerThread > 5) Write(result, plan, first + 5, column, sums.Row(5) + offset);
        if (default(TTile).RowsPerThread > 6) Write(result, plan, first + 6, column, sums.Row(6) + offset);
        if (default(TTile).RowsPerThread > 7) Write(result, plan, first + 7, column, sums.Row(7) + offset);
    }

    /// <summary>Four columns of a gathered row, zero outside the image and beyond the last tap.</summary>
    public static Float4 Gather(ArrayView<float> source, GatherPlan plan, TapCursor cursor, int image, int h, int w)
    {
        if ((plan.Channels & 3) == 0)
        {
            // All four belong to one tap.
            var at = SourceIndex(plan, cursor, image, h, w);
            return at >= 0 ? source.Cast<Float4>()[at >> 2] : new Float4();
        }
        var x = Element(source, plan, cursor, image, h, w);
        cursor = cursor.Advance(plan, 1);
        var y = Element(source, plan, cursor, image, h, w);
        cursor = cursor.Advance(plan, 1);
        var z = Element(source, plan, cursor, image, h, w);
        cursor = cursor.Advance(plan, 1);
        return new(x, y, z, Element(source, plan, cursor, image, h, w));
    }

    private static float Element(ArrayView<float> source, GatherPlan plan, TapCursor cursor, int image, int h, int w)
    {
        var at = SourceIndex(plan, cursor, image, h, w);
        return at >= 0 ? source[at] : 0f;
    }

    private static int SourceIndex(GatherPlan plan, TapCursor cursor, int image, int h, int w)
    {
        var sourceH = h + plan.TapStep * cursor.TapH;
        var sourceW = w + plan.TapStep * cursor.TapW;
        var inside = cursor.TapH < plan.TapsH && sourceH >= 0 && sourceH < plan.SourceH && sourceW >= 0 && sourceW < plan.SourceW;
        return inside ? ((image * plan.SourceH + sourceH) * plan.SourceW + sourceW) * plan.Channels + cursor.Channel : -1;
    }

    private static Float4 MatrixRow(ArrayView<float> matrix, GatherPlan plan, TapCursor cursor, int column)
    {
        var tap = plan.FirstTap + cursor.TapH * plan.TapStrideH + cursor.TapW * plan.TapStrideW;
        return TileShape.Load(matrix, tap * plan.Channels + cursor.Channel, column, cursor.TapH < plan.TapsH, plan.Columns);
    }

    private static void StoreSlices(ArrayView<Float4> tileA, ArrayView<Float4> tileB, int buffer, int thread, Float4 a0, Float4 a1, Float4 b)
    {
        var firstA = (thread & 1) * 4;
        StoreColumn(tileA, 4 * buffer * TileShape.RowSlice, firstA, thread / 2, a0);
        StoreColumn(tileA, 4 * buffer * TileShape.RowSlice, firstA + 8, thread / 2, a1);
        tileB[buffer * TileShape.ColumnSlice + thread / 16 * TileShape.ColumnPitch + (thread & 15)] = b;
    }

    // The slice is stored transposed: a thread's eight rows of one k then lie side by side.
    private static void StoreColumn(ArrayView<Float4> tile, int slice, int k, int row, Float4 value)
    {
        var floats = tile.Cast<float>();
        floats[slice + k * (4 * TileShape.RowPitch) + row] = value.X;
        floats[slice + (k + 1) * (4 * TileShape.RowPitch) + row] = value.Y;
        floats[slice + (k + 2) * (4 * TileShape.RowPitch) + row] = value.Z;
        floats[slice + (k + 3) * (4 * TileShape.RowPitch) + row] = value.W;
    }

    private static void Write(ArrayView<float> result, GatherPlan plan, int row, int column, Float4 value)
    {
        if (row < plan.Rows) TileShape.Store(result, plan.OutputPixel(row), column, plan.Columns, value);
    }
}

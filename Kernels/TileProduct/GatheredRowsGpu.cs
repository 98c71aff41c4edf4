using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The kernel of a product whose left rows are gathered from images: an implicit matrix product, the gathered matrix is never stored.</summary>
internal static class GatheredRowsGpu
{
    private const int Outside = -(1 << 28);

    public static void ProductKernel<TTile, TAlignment, TEpilogue>(ArrayView<float> source, ArrayView<float> matrix, ArrayView<float> bias, ArrayView<float> result, ArrayView<float> partials, GatherPlan plan)
        where TTile : struct, ITile<TTile> where TAlignment : struct, IAlignment where TEpilogue : struct, IEpilogue
    {
        var tileA = SharedMemory.Allocate<Float4>(2 * TileShape.RowSlice<TTile>());
        var tileB = SharedMemory.Allocate<Float4>(2 * TileShape.ColumnSlice<TTile>());
        var thread = Group.IdxX;

        // Tiles one below the other are neighbours: they share the matrix's columns.
        var tilesDown = (plan.Rows + TileShape.Rows - 1) / TileShape.Rows;
        var tileAcross = Grid.IdxX / tilesDown;
        var firstRow = (Grid.IdxX - tileAcross * tilesDown) * TileShape.Rows;

        // One or two threads fetch a row: each reads 16 bytes once or twice in a slice, together whole memory sectors of 32.
        var row = firstRow + thread / ThreadsPerRow<TTile>();
        var inside = row < plan.Rows;
        var pixel = inside ? row : 0;
        var line = pixel / plan.GridW;
        var image = line / plan.GridH;
        var h = inside ? (line - image * plan.GridH) * plan.Step + plan.BaseH : Outside;
        var w = (pixel - line * plan.GridW) * plan.Step + plan.BaseW;
        var cursorA = TapCursor.At(plan, (thread & (ThreadsPerRow<TTile>() - 1)) * 4);

        // One Float4 of the matrix a thread: neighbours read a whole row of the slice.
        var firstColumn = tileAcross * default(TTile).Columns;
        var fetched = firstColumn + (thread & (TileShape.SliceQuads<TTile>() - 1)) * 4;
        var cursorB = TapCursor.At(plan, thread / TileShape.SliceQuads<TTile>());

        // The thread's place in the tile.
        var tileRow = TileShape.ThreadRow<TTile>(thread);
        var tileQuad = TileShape.ThreadQuad<TTile>(thread);

        var sums = default(TTile);
        var buffer = 0;
        var a0 = Gather<TAlignment>(source, plan, cursorA, image, h, w);
        cursorA = cursorA.Advance(plan, 4 * ThreadsPerRow<TTile>());
        Float4 a1 = default;
        if (TileShape.RowFetches<TTile>() > 1)
        {
            a1 = Gather<TAlignment>(source, plan, cursorA, image, h, w);
            cursorA = cursorA.Advance(plan, 4 * ThreadsPerRow<TTile>());
        }
        var b = MatrixRow<TAlignment>(matrix, plan, cursorB, fetched);
        StoreSlices<TTile>(tileA, tileB, buffer, thread, a0, a1, b);
        for (var k = 0; k < plan.Depth; k += TileShape.Depth<TTile>())
        {
            // The slice must be complete before anybody reads it; and the other buffer, overwritten below, was last read before this barrier.
            Group.Barrier();
            // Fetched before the multiplication and stored after it, so that memory answers meanwhile.
            a0 = Gather<TAlignment>(source, plan, cursorA, image, h, w);
            cursorA = cursorA.Advance(plan, 4 * ThreadsPerRow<TTile>());
            if (TileShape.RowFetches<TTile>() > 1)
            {
                a1 = Gather<TAlignment>(source, plan, cursorA, image, h, w);
                cursorA = cursorA.Advance(plan, 4 * ThreadsPerRow<TTile>());
            }
            cursorB = cursorB.Advance(plan, TileShape.Depth<TTile>());
            b = MatrixRow<TAlignment>(matrix, plan, cursorB, fetched);
            sums = sums.PlusProduct(tileA, tileB, buffer * TileShape.RowSlice<TTile>(), tileRow, buffer * TileShape.ColumnSlice<TTile>() + tileQuad);
            buffer ^= 1;
            StoreSlices<TTile>(tileA, tileB, buffer, thread, a0, a1, b);
        }

        RowsEpilogue.Run<TTile, TAlignment, TEpilogue>(tileA, tileB, bias, result, partials, plan, sums, firstRow, firstColumn, 0);
    }

    /// <summary>Four columns of a gathered row, zero outside the image and beyond the last tap.</summary>
    public static Float4 Gather<TAlignment>(ArrayView<float> source, GatherPlan plan, TapCursor cursor, int image, int h, int w) where TAlignment : struct, IAlignment
    {
        if (default(TAlignment).IsAligned)
        {
            // All four belong to one tap.
            var quad = new Float4();
            if (IsInside(plan, cursor, h, w)) quad = source.Cast<Float4>()[SourceIndex(plan, cursor, image, h, w) >> 2];
            return quad;
        }
        var x = Element(source, plan, cursor, image, h, w);
        cursor = cursor.Advance(plan, 1);
        var y = Element(source, plan, cursor, image, h, w);
        cursor = cursor.Advance(plan, 1);
        var z = Element(source, plan, cursor, image, h, w);
        cursor = cursor.Advance(plan, 1);
        return new(x, y, z, Element(source, plan, cursor, image, h, w));
    }

    /// <summary>Threads that fetch a row of the tile: 2 or 1.</summary>
    public static int ThreadsPerRow<TTile>() where TTile : struct, ITile<TTile> => default(TTile).Threads / TileShape.Rows;

    private static float Element(ArrayView<float> source, GatherPlan plan, TapCursor cursor, int image, int h, int w)
    {
        var element = 0f;
        if (IsInside(plan, cursor, h, w)) element = source[SourceIndex(plan, cursor, image, h, w)];
        return element;
    }

    // As unsigned numbers, negative ones are beyond the end, too.
    private static bool IsInside(GatherPlan plan, TapCursor cursor, int h, int w) =>
        cursor.TapH < plan.TapsH & (uint)(h + plan.TapStep * cursor.TapH) < (uint)plan.SourceH & (uint)(w + plan.TapStep * cursor.TapW) < (uint)plan.SourceW;

    private static int SourceIndex(GatherPlan plan, TapCursor cursor, int image, int h, int w) =>
        ((image * plan.SourceH + h + plan.TapStep * cursor.TapH) * plan.SourceW + w + plan.TapStep * cursor.TapW) * plan.Channels + cursor.Channel;

    private static Float4 MatrixRow<TAlignment>(ArrayView<float> matrix, GatherPlan plan, TapCursor cursor, int column) where TAlignment : struct, IAlignment
    {
        var tap = plan.FirstTap + cursor.TapH * plan.TapStrideH + cursor.TapW * plan.TapStrideW;
        return TileShape.Load<TAlignment>(matrix, tap * plan.Channels + cursor.Channel, column, cursor.TapH < plan.TapsH, plan.Columns);
    }

    /// <summary>Puts what a thread has fetched of both operands into one of the two buffers.</summary>
    public static void StoreSlices<TTile>(ArrayView<Float4> tileA, ArrayView<Float4> tileB, int buffer, int thread, Float4 a0, Float4 a1, Float4 b) where TTile : struct, ITile<TTile>
    {
        int row = thread / ThreadsPerRow<TTile>(), k = (thread & (ThreadsPerRow<TTile>() - 1)) * 4;
        StoreColumn(tileA, 4 * buffer * TileShape.RowSlice<TTile>(), k, row, a0);
        if (TileShape.RowFetches<TTile>() > 1) StoreColumn(tileA, 4 * buffer * TileShape.RowSlice<TTile>(), k + 4 * ThreadsPerRow<TTile>(), row, a1);
        tileB[buffer * TileShape.ColumnSlice<TTile>() + thread] = b;
    }

    // The slice is stored transposed: a thread's eight rows of one k then lie side by side.
    private static void StoreColumn(ArrayView<Float4> tile, int slice, int k, int row, Float4 value)
    {
        var column = tile.Cast<float>().SubView(slice + k * (4 * TileShape.RowPitch) + row);
        column[0] = value.X;
        column[4 * TileShape.RowPitch] = value.Y;
        column[2 * (4 * TileShape.RowPitch)] = value.Z;
        column[3 * (4 * TileShape.RowPitch)] = value.W;
    }
}

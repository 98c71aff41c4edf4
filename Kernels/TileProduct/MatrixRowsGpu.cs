using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The kernel of products whose left rows lie one behind the other in memory: one product, or a batch of them, each with matrices of its own.</summary>
/// <remarks>
/// As <see cref="GatheredRowsGpu"/>, but that nothing has to be found out about a slice: both operands lie a constant further on. Of the loop's instructions 83 to 85 in a hundred are then multiply-adds, where
/// gathering leaves 71 to 77. Sums are added in the same order, so results have the same bits. The sum's length must be a multiple of the tile's slices, columns and rows of four.
/// </remarks>
internal static class MatrixRowsGpu
{
    /// <summary>A multiple of all tiles' slices, which have 8 or 16 steps.</summary>
    public const int SliceMultiple = 16;

    /// <summary>result[b] = left[b]·right[b] (+ bias), for as many b as the grid has tiles for.</summary>
    /// <param name="left">[batch, plan.Rows, plan.Depth].</param>
    /// <param name="right">[batch, plan.Depth, plan.Columns].</param>
    /// <param name="bias">[plan.Columns], where the plan has one.</param>
    /// <param name="result">[batch, plan.Rows, plan.Columns].</param>
    /// <param name="partials">Statistics of the columns of a single product.</param>
    /// <param name="plan">Of each product.</param>
    public static void ProductKernel<TTile, TEpilogue>(ArrayView<float> left, ArrayView<float> right, ArrayView<float> bias, ArrayView<float> result, ArrayView<float> partials, GatherPlan plan)
        where TTile : struct, ITile<TTile> where TEpilogue : struct, IEpilogue
    {
        var tileA = SharedMemory.Allocate<Float4>(2 * TileShape.RowSlice<TTile>());
        var tileB = SharedMemory.Allocate<Float4>(2 * TileShape.ColumnSlice<TTile>());
        var thread = Group.IdxX;

        // Tiles one below the other are neighbours: they share the right matrix's columns.
        var tilesDown = (plan.Rows + TileShape.Rows - 1) / TileShape.Rows;
        var tiles = tilesDown * ((plan.Columns + default(TTile).Columns - 1) / default(TTile).Columns);
        var batch = Grid.IdxX / tiles;
        var tile = Grid.IdxX - batch * tiles;
        var tileAcross = tile / tilesDown;
        var firstRow = (tile - tileAcross * tilesDown) * TileShape.Rows;
        var firstColumn = tileAcross * default(TTile).Columns;

        // As in GatheredRowsGpu, one or two threads fetch a row, and all of them rows of the right slice; places count Float4s. Beyond the edges the last row or column is fetched again: nobody writes what
        // comes of it, and no fetch needs a question.
        var row = IntrinsicMath.Min(firstRow + thread / GatheredRowsGpu.ThreadsPerRow<TTile>(), plan.Rows - 1);
        var atA = ((batch * plan.Rows + row) * plan.Depth >> 2) + (thread & (GatheredRowsGpu.ThreadsPerRow<TTile>() - 1));
        var column = IntrinsicMath.Min(firstColumn + (thread & (TileShape.SliceQuads<TTile>() - 1)) * 4, plan.Columns - 4);
        var atB = (batch * plan.Depth + thread / TileShape.SliceQuads<TTile>()) * plan.Columns + column >> 2;
        int stepA = TileShape.Depth<TTile>() / 4, stepB = TileShape.Depth<TTile>() * plan.Columns >> 2;

        // Where the thread reads its part of the slices, in the one buffer and then in the other. Carried along, for worked out anew it would take a dozen instructions of every slice.
        int readA = TileShape.ThreadRow<TTile>(thread) / 4, readB = TileShape.ThreadQuad<TTile>(thread);
        int turnA = TileShape.RowSlice<TTile>(), turnB = TileShape.ColumnSlice<TTile>();

        var sums = default(TTile);
        var buffer = 0;
        ArrayView<Float4> leftQuads = left.Cast<Float4>(), rightQuads = right.Cast<Float4>();
        Float4 a0 = leftQuads[atA], a1 = default;
        if (TileShape.RowFetches<TTile>() > 1) a1 = leftQuads[atA + GatheredRowsGpu.ThreadsPerRow<TTile>()];
        var b = rightQuads[atB];
        GatheredRowsGpu.StoreSlices<TTile>(tileA, tileB, buffer, thread, a0, a1, b);
        for (var k = TileShape.Depth<TTile>(); k <= plan.Depth; k += TileShape.Depth<TTile>())
        {
            // The slice must be complete before anybody reads it; and the other buffer, overwritten below, was last read before this barrier.
            Group.Barrier();
            // Fetched before the multiplication and stored after it, so that memory answers meanwhile; the last slice once more, since there is nothing behind it.
            var more = k < plan.Depth;
            atA += more ? stepA : 0;
            atB += more ? stepB : 0;
            a0 = leftQuads[atA];
            if (TileShape.RowFetches<TTile>() > 1) a1 = leftQuads[atA + GatheredRowsGpu.ThreadsPerRow<TTile>()];
            b = rightQuads[atB];
            sums = sums.PlusProduct(tileA, tileB, readA, 0, readB);
            (readA, readB, turnA, turnB) = (readA + turnA, readB + turnB, -turnA, -turnB);
            buffer ^= 1;
            GatheredRowsGpu.StoreSlices<TTile>(tileA, tileB, buffer, thread, a0, a1, b);
        }
        RowsEpilogue.Run<TTile, Aligned, TEpilogue>(tileA, tileB, bias, result, partials, plan, sums, firstRow, firstColumn, batch * plan.Rows);
    }
}

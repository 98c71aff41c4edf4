using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The kernel of products leftᵀ·right of matrices that lie in memory as they are: one product, or a batch of them; the sums are cut into splits that a second pass adds.</summary>
/// <remarks>As <see cref="GatheredColumnsGpu"/>, with the same bits, but without a walk over pixels. Rows and columns of the result are multiples of four, the sum has any length.</remarks>
internal static class MatrixColumnsGpu
{
    /// <summary>result[split, b] = left[b, rows of the split]ᵀ·right[b, rows of the split].</summary>
    /// <param name="left">[batch, plan.Rows, plan.Depth].</param>
    /// <param name="right">[batch, plan.Rows, plan.Columns].</param>
    /// <param name="result">[splits, batch, plan.Depth, plan.Columns].</param>
    /// <param name="plan">Of each product.</param>
    /// <param name="splitLength">Rows of a split.</param>
    public static void ProductKernel<TTile>(ArrayView<float> left, ArrayView<float> right, ArrayView<float> result, GatherPlan plan, int splitLength) where TTile : struct, ITile<TTile>
    {
        var tileA = SharedMemory.Allocate<Float4>(2 * TileShape.RowSlice<TTile>());
        var tileB = SharedMemory.Allocate<Float4>(2 * TileShape.ColumnSlice<TTile>());
        var thread = Group.IdxX;

        var tilesDown = (plan.Depth + TileShape.Rows - 1) / TileShape.Rows;
        var tiles = tilesDown * ((plan.Columns + default(TTile).Columns - 1) / default(TTile).Columns);
        var batch = Grid.IdxX / tiles;
        var tile = Grid.IdxX - batch * tiles;
        var tileAcross = tile / tilesDown;
        var firstRow = (tile - tileAcross * tilesDown) * TileShape.Rows;
        var firstColumn = tileAcross * default(TTile).Columns;

        // A warp fetches 128 neighbouring columns of a row of the left matrix; places count Float4s. Beyond the edges the last columns are fetched again: nobody writes what comes of them.
        var begin = Grid.IdxY * splitLength;
        var end = IntrinsicMath.Min(begin + splitLength, plan.Rows);
        var columnA = IntrinsicMath.Min(firstRow + (thread & 31) * 4, plan.Depth - 4);
        var rowA = begin + thread / 32;
        var atA = (batch * plan.Rows + rowA) * plan.Depth + columnA >> 2;
        var columnB = IntrinsicMath.Min(firstColumn + (thread & (TileShape.SliceQuads<TTile>() - 1)) * 4, plan.Columns - 4);
        var rowB = begin + thread / TileShape.SliceQuads<TTile>();
        var atB = (batch * plan.Rows + rowB) * plan.Columns + columnB >> 2;
        int stepA = TileShape.Depth<TTile>() * plan.Depth >> 2, stepB = TileShape.Depth<TTile>() * plan.Columns >> 2;
        var secondA = GatheredColumnsGpu.Warps<TTile>() * plan.Depth >> 2;

        // Where the thread reads its part of the slices, in the one buffer and then in the other (MatrixRowsGpu).
        int readA = TileShape.ThreadRow<TTile>(thread) / 4, readB = TileShape.ThreadQuad<TTile>(thread);
        int turnA = TileShape.RowSlice<TTile>(), turnB = TileShape.ColumnSlice<TTile>();

        var sums = default(TTile);
        var buffer = 0;
        var a0 = Quad(left, atA, rowA < end);
        Float4 a1 = default;
        if (TileShape.RowFetches<TTile>() > 1) a1 = Quad(left, atA + secondA, rowA + GatheredColumnsGpu.Warps<TTile>() < end);
        var b = Quad(right, atB, rowB < end);
        GatheredColumnsGpu.StoreSlices<TTile>(tileA, tileB, buffer, thread, a0, a1, b);
        for (var k = begin; k < end; k += TileShape.Depth<TTile>())
        {
            // The slice must be complete before anybody reads it; and the other buffer, overwritten below, was last read before this barrier.
            Group.Barrier();
            // Fetched before the multiplication and stored after it, so that memory answers meanwhile. Rows beyond the end count as zeros.
            rowA += TileShape.Depth<TTile>();
            rowB += TileShape.Depth<TTile>();
            atA += stepA;
            atB += stepB;
            a0 = Quad(left, atA, rowA < end);
            if (TileShape.RowFetches<TTile>() > 1) a1 = Quad(left, atA + secondA, rowA + GatheredColumnsGpu.Warps<TTile>() < end);
            b = Quad(right, atB, rowB < end);
            sums = sums.PlusProduct(tileA, tileB, readA, 0, readB);
            (readA, readB, turnA, turnB) = (readA + turnA, readB + turnB, -turnA, -turnB);
            buffer ^= 1;
            GatheredColumnsGpu.StoreSlices<TTile>(tileA, tileB, buffer, thread, a0, a1, b);
        }
        var batches = Grid.DimX / tiles;
        GatheredColumnsGpu.Write<TTile, Aligned>(result, plan, sums, firstRow, firstColumn, (Grid.IdxY * batches + batch) * plan.Depth);
    }

    private static Float4 Quad(ArrayView<float> matrix, int at, bool inside)
    {
        var quad = new Float4();
        if (inside) quad = matrix.Cast<Float4>()[at];
        return quad;
    }
}

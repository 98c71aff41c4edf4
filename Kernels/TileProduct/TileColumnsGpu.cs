using ILGPU;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The kernels of products whose left matrix is transposed: sums over all of its rows, for weight gradients all pixels, cut into splits that a second pass adds.</summary>
internal static class TileColumnsGpu
{
    /// <summary>result[split] = left[rows of the split]ᵀ·right[rows of the split], or that of each of a batch of matrices.</summary>
    /// <param name="left">The left matrix, or what its rows are gathered from.</param>
    /// <param name="right">[batch, plan.Rows, plan.Columns].</param>
    /// <param name="result">[splits, batch, plan.Depth, plan.Columns].</param>
    /// <param name="plan">Of each product.</param>
    /// <param name="splitLength">Rows of a split.</param>
    public static void ProductKernel<TTile, TSlices>(ArrayView<float> left, ArrayView<float> right, ArrayView<float> result, GatherPlan plan, int splitLength)
        where TTile : struct, ITile<TTile> where TSlices : struct, IColumnTileSlices<TSlices>
    {
        var tileA = SharedMemory.Allocate<Float4>(2 * TileShape.RowSlice<TTile>());
        var tileB = SharedMemory.Allocate<Float4>(2 * TileShape.ColumnSlice<TTile>());
        var tile = TilePlace.Of<TTile>(plan.Depth, plan.Columns);
        var begin = Grid.IdxY * splitLength;
        var sums = TileSums.Of<TTile, TSlices>(tileA, tileB, left, right, plan, tile, begin, IntrinsicMath.Min(begin + splitLength, plan.Rows));
        // An addition of zeros, which the assembler can't know: else it moves the loop's sums about in each turn, as RowsEpilogue says. A slice of tiles of 128×128 would take 669 instructions instead of 621.
        var nothing = Float4.All(splitLength < 0 ? 1 : 0);
        sums = sums.Plus(nothing, nothing);
        Write<TTile, TSlices>(result, plan, sums, tile.FirstRow, tile.FirstColumn, (Grid.IdxY * tile.Batches + tile.Batch) * plan.Depth);
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

    /// <summary>Writes a tile of sums.</summary>
    /// <param name="result">Where its rows go.</param>
    /// <param name="plan">The product.</param>
    /// <param name="sums">The thread's.</param>
    /// <param name="firstRow">The tile's.</param>
    /// <param name="firstColumn">The tile's.</param>
    /// <param name="before">Rows of the results in front.</param>
    private static void Write<TTile, TSlices>(ArrayView<float> result, GatherPlan plan, TTile sums, int firstRow, int firstColumn, int before)
        where TTile : struct, ITile<TTile> where TSlices : struct, IColumnTileSlices<TSlices>
    {
        // No loop over rows: the sums would have to lie in memory for it.
        var first = firstRow + TileShape.ThreadRow<TTile>(Group.IdxX);
        var column = firstColumn + 4 * TileShape.ThreadQuad<TTile>(Group.IdxX);
        WriteRow<TTile, TSlices>(result, plan, before, first, column, sums, 0);
        WriteRow<TTile, TSlices>(result, plan, before, first, column, sums, 1);
        WriteRow<TTile, TSlices>(result, plan, before, first, column, sums, 2);
        WriteRow<TTile, TSlices>(result, plan, before, first, column, sums, 3);
        WriteRow<TTile, TSlices>(result, plan, before, first, column, sums, 4);
        WriteRow<TTile, TSlices>(result, plan, before, first, column, sums, 5);
        WriteRow<TTile, TSlices>(result, plan, before, first, column, sums, 6);
        WriteRow<TTile, TSlices>(result, plan, before, first, column, sums, 7);
    }

    // Row i of the thread's, if it has so many.
    private static void WriteRow<TTile, TSlices>(ArrayView<float> result, GatherPlan plan, int before, int first, int column, TTile sums, int i)
        where TTile : struct, ITile<TTile> where TSlices : struct, IColumnTileSlices<TSlices>
    {
        if (i >= TileShape.RowsPerThread<TTile>() || first + i >= plan.Depth) return;
        TileShape.Store(result, before + first + i, column, plan.Columns, sums.Row(i), default(TSlices).IsAligned);
        if (default(TTile).ColumnsPerThread > 4) TileShape.Store(result, before + first + i, column + default(TTile).Columns / 2, plan.Columns, sums.FarRow(i), default(TSlices).IsAligned);
    }
}

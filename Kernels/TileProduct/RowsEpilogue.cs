using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>What is done with a tile of sums when the products of rows are complete: a bias is added, they are written or added to what is there, and of their columns statistics are taken.</summary>
internal static class RowsEpilogue
{
    /// <summary>Ends the kernel; called by all threads of the group.</summary>
    /// <param name="tileA">Shared memory of the left slices, free for statistics.</param>
    /// <param name="tileB">Shared memory of the right slices, free for statistics.</param>
    /// <param name="bias">[Columns], where the plan has one.</param>
    /// <param name="result">Where rows go.</param>
    /// <param name="partials">[3, tiles of rows, Columns] statistics (<see cref="ChannelStatistics"/>).</param>
    /// <param name="plan">The product.</param>
    /// <param name="sums">The thread's.</param>
    /// <param name="firstRow">The tile's.</param>
    /// <param name="firstColumn">The tile's.</param>
    /// <param name="before">Rows of the results in front: those of the products before in a batch.</param>
    public static void Run<TTile, TSlices, TEpilogue>(
        ArrayView<Float4> tileA, ArrayView<Float4> tileB, ArrayView<float> bias, ArrayView<float> result, ArrayView<float> partials, GatherPlan plan, TTile sums, int firstRow, int firstColumn, int before)
        where TTile : struct, ITile<TTile> where TSlices : struct, IRowTileSlices<TSlices> where TEpilogue : struct, IEpilogue
    {
        var column = firstColumn + 4 * TileShape.ThreadQuad<TTile>(Group.IdxX);
        Float4 offset = default, farOffset = default;
        if (plan.HasBias != 0)
        {
            offset = TileShape.Load(bias, 0, column, true, plan.Columns, default(TSlices).IsAligned);
            farOffset = TileShape.Load(bias, 0, column + default(TTile).Columns / 2, true, plan.Columns, default(TSlices).IsAligned);
        }
        // Without a bias, too: an addition of zeros. Else the assembler keeps the sums of the loop in the registers from which they are stored or measured, and moves them about in each turn: in tiles of 128×128
        // a slice of matrices as they lie takes 719 instructions instead of 596.
        sums = sums.Plus(offset, farOffset);
        // No loop over rows: the sums would have to lie in memory for it (on PoCL it takes half of the speed).
        var walk = OutputWalk.At(plan, firstRow + TileShape.ThreadRow<TTile>(Group.IdxX), 1);
        walk = Write<TTile, TSlices, TEpilogue>(result, plan, walk, before, column, sums, 0);
        walk = Write<TTile, TSlices, TEpilogue>(result, plan, walk, before, column, sums, 1);
        walk = Write<TTile, TSlices, TEpilogue>(result, plan, walk, before, column, sums, 2);
        walk = Write<TTile, TSlices, TEpilogue>(result, plan, walk, before, column, sums, 3);
        walk = Write<TTile, TSlices, TEpilogue>(result, plan, walk, before, column, sums, 4);
        walk = Write<TTile, TSlices, TEpilogue>(result, plan, walk, before, column, sums, 5);
        walk = Write<TTile, TSlices, TEpilogue>(result, plan, walk, before, column, sums, 6);
        Write<TTile, TSlices, TEpilogue>(result, plan, walk, before, column, sums, 7);
        if (default(TEpilogue).Measures) Measure(tileA, tileB, partials, plan, sums, firstRow, firstColumn);
    }

    // Row i of the thread's, if it has so many.
    private static OutputWalk Write<TTile, TSlices, TEpilogue>(ArrayView<float> result, GatherPlan plan, OutputWalk walk, int before, int column, TTile sums, int i)
        where TTile : struct, ITile<TTile> where TSlices : struct, IRowTileSlices<TSlices> where TEpilogue : struct, IEpilogue
    {
        if (i >= TileShape.RowsPerThread<TTile>()) return walk;
        if (walk.Row < plan.Rows)
        {
            var pixel = before + walk.Pixel(plan);
            Write<TSlices, TEpilogue>(result, plan, pixel, column, sums.Row(i));
            if (IsWide<TTile>()) Write<TSlices, TEpilogue>(result, plan, pixel, column + default(TTile).Columns / 2, sums.FarRow(i));
        }
        return walk.Next(plan);
    }

    private static void Write<TSlices, TEpilogue>(ArrayView<float> result, GatherPlan plan, int pixel, int column, Float4 value) where TSlices : struct, IRowTileSlices<TSlices> where TEpilogue : struct, IEpilogue
    {
        if (default(TEpilogue).Adds) value = TileShape.Load(result, pixel, column, true, plan.Columns, default(TSlices).IsAligned) + value;
        TileShape.Store(result, pixel, column, plan.Columns, value, default(TSlices).IsAligned);
    }

    private static bool IsWide<TTile>() where TTile : struct, ITile<TTile> => default(TTile).ColumnsPerThread > 4;

    // The statistics of the tile's columns, once its slices have been multiplied. The sums are what is stored: with statistics goes no bias.
    private static void Measure<TTile>(ArrayView<Float4> tileA, ArrayView<Float4> tileB, ArrayView<float> partials, GatherPlan plan, TTile sums, int firstRow, int firstColumn)
        where TTile : struct, ITile<TTile>
    {
        int row = TileShape.ThreadRow<TTile>(Group.IdxX), column = 4 * TileShape.ThreadQuad<TTile>(Group.IdxX), far = column + default(TTile).Columns / 2;
        int rows = plan.Rows - firstRow - row, rowsPerThread = TileShape.RowsPerThread<TTile>(), down = row / rowsPerThread;
        var shifts = SharedMemory.Allocate<float>(default(TTile).Columns);
        var statistics = new TileStatistics<ViewFloats>(new(shifts), new(tileA.Cast<float>()), new(tileB.Cast<float>()), default(TTile).Columns);
        // All threads have read the last slices, whose memory is filled with sums.
        Group.Barrier();
        if (row == 0)
        {
            var values = IntrinsicMath.Min(rows, rowsPerThread);
            statistics.StoreShift(column, sums.Row(0), Tally(sums, false, rows, sums.Row(0)), values);
            if (IsWide<TTile>()) statistics.StoreShift(far, sums.FarRow(0), Tally(sums, true, rows, sums.FarRow(0)), values);
        }
        // Everybody needs the shifts,
        Group.Barrier();
        statistics.Share(down, column, Tally(sums, false, rows, statistics.Shift(column)));
        if (IsWide<TTile>()) statistics.Share(down, far, Tally(sums, true, rows, statistics.Shift(far)));
        // and one thread for each column everybody's sums.
        Group.Barrier();
        statistics.Write(partials, plan.Rows, plan.Columns, TileShape.Rows, firstRow / TileShape.Rows, firstColumn, TileShape.Rows / rowsPerThread);
    }

    // Of the thread's rows that are inside, in its near or its far columns.
    private static ColumnTally Tally<TTile>(TTile sums, bool far, int rows, Float4 shift) where TTile : struct, ITile<TTile>
    {
        var tally = default(ColumnTally);
        tally = tally.Plus(IsInside<TTile>(0, rows), far ? sums.FarRow(0) : sums.Row(0), shift);
        tally = tally.Plus(IsInside<TTile>(1, rows), far ? sums.FarRow(1) : sums.Row(1), shift);
        tally = tally.Plus(IsInside<TTile>(2, rows), far ? sums.FarRow(2) : sums.Row(2), shift);
        tally = tally.Plus(IsInside<TTile>(3, rows), far ? sums.FarRow(3) : sums.Row(3), shift);
        tally = tally.Plus(IsInside<TTile>(4, rows), far ? sums.FarRow(4) : sums.Row(4), shift);
        tally = tally.Plus(IsInside<TTile>(5, rows), far ? sums.FarRow(5) : sums.Row(5), shift);
        tally = tally.Plus(IsInside<TTile>(6, rows), far ? sums.FarRow(6) : sums.Row(6), shift);
        return tally.Plus(IsInside<TTile>(7, rows), far ? sums.FarRow(7) : sums.Row(7), shift);
    }

    private static bool IsInside<TTile>(int i, int rows) where TTile : struct, ITile<TTile> => i < TileShape.RowsPerThread<TTile>() && i < rows;
}

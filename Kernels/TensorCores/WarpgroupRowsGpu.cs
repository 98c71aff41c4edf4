using ILGPU;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The kernel of a product of gathered rows of bf16 on Hopper's tensor cores: what <see cref="TensorRowsGpu"/> does, by products that read shared memory themselves.</summary>
/// <remarks>
/// A warp's threads no longer carry fragments to the tensor cores: four warps start a product of 64 rows and go on, and while it is under way they work out where the next slice lies and fetch it. Shared memory is
/// read once for 64 rows instead of for 64×32 results, which is what bounded the other kernel.
/// </remarks>
internal static class WarpgroupRowsGpu
{
    public static void Kernel<TCore, TTile, TMeasuring, TSlices>(WordArray source, WordArray matrix, ArrayView<int> result, ArrayView<float> partials, GatherPlan plan)
        where TCore : struct, IWarpgroupInstructions where TTile : struct, IWarpgroupTile where TMeasuring : struct, IMeasuring where TSlices : struct, IRowSlices<TSlices>
    {
        var memory = TCore.Allocate<TTile>();
        TCore.BeginSums<TTile>();
        int lane = Group.IdxX & 31, warp = Group.IdxX >> 5;

        var corner = TileCorner.Of<TTile>(plan);
        int firstRow = corner.Row, firstColumn = corner.Column;

        var slices = TSlices.Begin<TCore, TTile>(memory, source, matrix, plan, firstRow, firstColumn);
        int left = (warp >> 2) * 64 * RowSlices.Pitch, right = RowSlices.LeftBytes<TTile>();
        var sums = default(WarpTile);
        while (slices.Left > 0)
        {
            // Each thread waits for its own part of the slice, and for its warpgroup's products with the slice before; behind the barrier both are true of all: the slice may be multiplied, the place of the
            // one before filled.
            TCore.Wait<TTile>();
            TCore.WaitForProducts();
            TCore.ShowCopies();
            Group.Barrier();
            sums = TCore.MultiplyRows<TTile>(memory, sums, slices.Stage + left, slices.Stage + right);
            slices = slices.Next<TCore, TTile>(memory, source, matrix, plan, firstColumn);
        }
        TCore.WaitForProducts();
        sums = TCore.Sums<TTile>(sums);

        // The thread's two rows of the tile, eight apart, and its eight columns of each strip.
        int row = warp * 16 + (lane >> 2), column = (lane & 3) * 8;
        var walk = OutputWalk.At(plan, firstRow + row, 8);
        Write<TTile>(result, plan, walk, firstColumn + column, sums, lower: false);
        Write<TTile>(result, plan, walk.Next(plan), firstColumn + column, sums, lower: true);
        if (default(TMeasuring).Measures) Measure<TCore, TTile>(memory, partials, plan, sums, row, column, firstRow, firstColumn);
    }

    private static void Write<TTile>(ArrayView<int> result, GatherPlan plan, OutputWalk walk, int column, WarpTile sums, bool lower) where TTile : struct, IWarpgroupTile
    {
        if (walk.Row >= plan.Rows) return;
        var pixel = walk.Pixel(plan);
        Write(result, plan, pixel, column, sums.A, lower);
        Write(result, plan, pixel, column + 32, sums.B, lower);
        if (default(TTile).Columns == 64) return;
        Write(result, plan, pixel, column + 64, sums.C, lower);
        Write(result, plan, pixel, column + 96, sums.D, lower);
    }

    private static void Write(ArrayView<int> result, GatherPlan plan, int pixel, int column, Strip s, bool lower)
    {
        if (column < plan.Columns) result.Cast<Words4>()[(pixel * plan.Columns + column) >> 3] = s.Row(lower);
    }

    // The statistics of the tile's columns. A thread has two rows of each: too few to sum up before all threads share. So the tile goes to shared memory as it is stored, and threads take rows of it.
    private static void Measure<TCore, TTile>(TileMemory memory, ArrayView<float> partials, GatherPlan plan, WarpTile sums, int row, int column, int firstRow, int firstColumn)
        where TCore : struct, IWarpgroupInstructions where TTile : struct, IWarpgroupTile
    {
        int columns = default(TTile).Columns, quads = columns / 4, threadsDown = default(TTile).Threads / quads, rows = default(TTile).Rows / threadsDown;
        var behind = default(TTile).Rows * columns * 2;
        var statistics = new TileStatistics<TileFloats<TCore>>(new(memory, behind), new(memory, behind + 4 * columns), new(memory, behind + 4 * columns * (1 + threadsDown)), columns);
        // All warpgroups' products have read the last slices, whose memory is filled with results.
        Group.Barrier();
        Keep<TCore, TTile>(memory, row, column, sums, lower: false);
        Keep<TCore, TTile>(memory, row + 8, column, sums, lower: true);
        // All results must be there before they are read.
        Group.Barrier();
        int down = Group.IdxX / quads, quad = 4 * (Group.IdxX % quads), begin = down * rows, end = IntrinsicMath.Min(begin + rows, plan.Rows - firstRow);
        if (down == 0)
        {
            var first = Kept<TCore>(memory, columns, 0, quad);
            var near = IntrinsicMath.Min(end, 8);
            statistics.StoreShift(quad, first, Tally<TCore>(memory, columns, 0, near, quad, first), near);
        }
        // Everybody needs the shifts,
        Group.Barrier();
        statistics.Share(down, quad, Tally<TCore>(memory, columns, begin, end, quad, statistics.Shift(quad)));
        // and one thread for each column everybody's sums.
        Group.Barrier();
        statistics.Write(partials, plan, default(TTile).Rows, firstRow / default(TTile).Rows, firstColumn, threadsDown);
    }

    private static ColumnTally Tally<TCore>(TileMemory memory, int columns, int begin, int end, int column, Float4 shift) where TCore : struct, ITensorInstructions
    {
        var tally = default(ColumnTally);
        for (var row = begin; row < end; row++) tally = tally.Plus(true, Kept<TCore>(memory, columns, row, column), shift);
        return tally;
    }

    private static void Keep<TCore, TTile>(TileMemory memory, int row, int column, WarpTile sums, bool lower) where TCore : struct, ITensorInstructions where TTile : struct, IWarpgroupTile
    {
        var columns = default(TTile).Columns;
        TCore.StoreWords(memory, Place(columns, row, column), sums.A.Row(lower));
        TCore.StoreWords(memory, Place(columns, row, column + 32), sums.B.Row(lower));
        if (columns == 64) return;
        TCore.StoreWords(memory, Place(columns, row, column + 64), sums.C.Row(lower));
        TCore.StoreWords(memory, Place(columns, row, column + 96), sums.D.Row(lower));
    }

    // Four neighbouring results as they are stored.
    private static Float4 Kept<TCore>(TileMemory memory, int columns, int row, int column) where TCore : struct, ITensorInstructions
    {
        var at = Place(columns, row, column) + (column & 4) * 2;
        int first = TCore.LoadWord(memory, at), second = TCore.LoadWord(memory, at + 4);
        return new(BFloat16.Low(first), BFloat16.High(first), BFloat16.Low(second), BFloat16.High(second));
    }

    // Where eight results lie. Eight rows are written at once, and would meet in the same banks: each exchanges its places of 16 bytes another way.
    private static int Place(int columns, int row, int column) => row * columns * 2 + (((column >> 3) ^ (row & 7)) << 4);
}

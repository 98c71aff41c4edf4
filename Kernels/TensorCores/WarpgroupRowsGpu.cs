using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The kernel of a product of gathered rows on Hopper's tensor cores: what <see cref="TensorRowsGpu"/> does, by products that read shared memory themselves: both operands of bf16, of tf32 the right one.</summary>
/// <remarks>
/// A warp's threads no longer carry fragments to the tensor cores: four warps start a product of 64 rows and go on, and while it is under way they work out where the next slice lies and fetch it. Shared memory is
/// read once for 64 rows instead of for 64×32 results, which is what bounded the other kernel. In tf32 a thread carries and rounds 8 words of a slice where it was 48.
/// </remarks>
internal static class WarpgroupRowsGpu
{
    public static void Kernel<TCore, TElement, TTile, TMeasuring, TSlices>(WordArray source, WordArray matrix, ArrayView<int> result, ArrayView<float> partials, GatherPlan plan)
        where TCore : struct, IWarpgroupInstructions where TElement : struct, ITensorElement where TTile : struct, IWarpgroupTile where TMeasuring : struct, IMeasuring where TSlices : struct, IRowSlices<TSlices>
    {
        var memory = TCore.Allocate<TTile>();
        TCore.BeginSums<TTile>();
        int lane = Group.IdxX & 31, warp = Group.IdxX >> 5;

        var corner = TileCorner.Of<TTile>(plan);
        int firstRow = corner.Row, firstColumn = corner.Column;

        var slices = TSlices.Begin<TCore, TTile>(memory, source, matrix, plan, firstRow, firstColumn);
        int left = default(TElement).WarpgroupLeft(warp, lane), right = RowSlices.LeftBytes<TTile>();
        var sums = default(WarpTile);
        while (slices.Left > 0)
        {
            // Each thread waits for its own part of the slice, and for its warpgroup's products with the slice before; behind the barrier both are true of all: the slice may be multiplied, the place of the
            // one before filled.
            TCore.Wait<TTile>();
            TCore.WaitForProducts();
            TCore.ShowCopies();
            Group.Barrier();
            sums = default(TElement).MultiplyRows<TCore, TTile>(memory, sums, slices.Stage + left, slices.Stage + right);
            slices = slices.Next<TCore, TTile>(memory, source, matrix, plan, firstColumn);
        }
        TCore.WaitForProducts();
        sums = TCore.Sums<TTile>(sums);

        // The thread's two rows of the tile, eight apart, and its eight columns of each strip.
        int row = warp * 16 + (lane >> 2), column = (lane & 3) * 8;
        var walk = OutputWalk.At(plan, firstRow + row, 8);
        Write<TElement, TTile, TMeasuring>(result, plan, walk, firstColumn + column, sums, lower: false);
        Write<TElement, TTile, TMeasuring>(result, plan, walk.Next(plan), firstColumn + column, sums, lower: true);
        if (default(TMeasuring).Measures) Measure<TCore, TElement, TTile>(memory, partials, plan, sums, row, column, firstRow, firstColumn);
    }

    private static void Write<TElement, TTile, TMeasuring>(ArrayView<int> result, GatherPlan plan, OutputWalk walk, int column, WarpTile sums, bool lower)
        where TElement : struct, ITensorElement where TTile : struct, IWarpgroupTile where TMeasuring : struct, IMeasuring
    {
        if (walk.Row >= plan.Rows) return;
        var pixel = walk.Pixel(plan);
        Write<TElement, TMeasuring>(result, plan, pixel, column, sums.A, lower);
        Write<TElement, TMeasuring>(result, plan, pixel, column + 32, sums.B, lower);
        if (default(TTile).Columns == 64) return;
        Write<TElement, TMeasuring>(result, plan, pixel, column + 64, sums.C, lower);
        Write<TElement, TMeasuring>(result, plan, pixel, column + 96, sums.D, lower);
    }

    private static void Write<TElement, TMeasuring>(ArrayView<int> result, GatherPlan plan, int pixel, int column, Strip s, bool lower) where TElement : struct, ITensorElement where TMeasuring : struct, IMeasuring =>
        default(TElement).Store(result, plan.Addition<TMeasuring>(), pixel, column, plan.Columns, s.Quad(lower, false), s.Quad(lower, true));

    // The statistics of the tile's columns. A thread has two rows of each: too few to sum up before all threads share. So the tile goes to shared memory as it is stored, and threads take rows of it. 128 columns of floats
    // have no room there: first one half, then the other.
    private static void Measure<TCore, TElement, TTile>(TileMemory memory, ArrayView<float> partials, GatherPlan plan, WarpTile sums, int row, int column, int firstRow, int firstColumn)
        where TCore : struct, IWarpgroupInstructions where TElement : struct, ITensorElement where TTile : struct, IWarpgroupTile
    {
        // All warpgroups' products have read the last slices, whose memory is filled with results.
        Group.Barrier();
        Keep<TCore, TElement, TTile>(memory, row, column, sums.A, sums.B);
        if (Together<TElement, TTile>() == 128) Keep<TCore, TElement, TTile>(memory, row, column + 64, sums.C, sums.D);
        Measure<TCore, TElement, TTile>(memory, partials, plan, firstRow, firstColumn);
        if (Together<TElement, TTile>() == default(TTile).Columns) return;
        // All have read the first half and its sums.
        Group.Barrier();
        Keep<TCore, TElement, TTile>(memory, row, column, sums.C, sums.D);
        Measure<TCore, TElement, TTile>(memory, partials, plan, firstRow, firstColumn + 64);
    }

    // Columns that are measured at once.
    private static int Together<TElement, TTile>() where TElement : struct, ITensorElement where TTile : struct, IWarpgroupTile => default(TElement).PerWord == 2 ? default(TTile).Columns : 64;

    private static void Measure<TCore, TElement, TTile>(TileMemory memory, ArrayView<float> partials, GatherPlan plan, int firstRow, int firstColumn)
        where TCore : struct, IWarpgroupInstructions where TElement : struct, ITensorElement where TTile : struct, IWarpgroupTile
    {
        int columns = Together<TElement, TTile>(), quads = columns / 4, threadsDown = default(TTile).Threads / quads, rows = default(TTile).Rows / threadsDown;
        var behind = default(TTile).Rows * columns * 4 / default(TElement).PerWord;
        var statistics = new TileStatistics<TileFloats<TCore>>(new(memory, behind), new(memory, behind + 4 * columns), new(memory, behind + 4 * columns * (1 + threadsDown)), columns);
        // All results must be there before they are read.
        Group.Barrier();
        int down = Group.IdxX / quads, quad = 4 * (Group.IdxX % quads), begin = down * rows, end = IntrinsicMath.Min(begin + rows, plan.Rows - firstRow);
        if (down == 0)
        {
            var first = default(TElement).Kept<TCore>(memory, columns, 0, quad);
            var near = IntrinsicMath.Min(end, 8);
            statistics.StoreShift(quad, first, Tally<TCore, TElement>(memory, columns, 0, near, quad, first), near);
        }
        // Everybody needs the shifts,
        Group.Barrier();
        statistics.Share(down, quad, Tally<TCore, TElement>(memory, columns, begin, end, quad, statistics.Shift(quad)));
        // and one thread for each column everybody's sums.
        Group.Barrier();
        statistics.Write(partials, plan.Rows, plan.Columns, default(TTile).Rows, firstRow / default(TTile).Rows, firstColumn, threadsDown);
    }

    private static ColumnTally Tally<TCore, TElement>(TileMemory memory, int columns, int begin, int end, int column, Float4 shift) where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement
    {
        var tally = default(ColumnTally);
        for (var row = begin; row < end; row++) tally = tally.Plus(true, default(TElement).Kept<TCore>(memory, columns, row, column), shift);
        return tally;
    }

    // Two rows' results in 64 columns.
    private static void Keep<TCore, TElement, TTile>(TileMemory memory, int row, int column, Strip first, Strip second)
        where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement where TTile : struct, IWarpgroupTile
    {
        var columns = Together<TElement, TTile>();
        default(TElement).Keep<TCore>(memory, columns, row, column, first.Quad(false, false), first.Quad(false, true));
        default(TElement).Keep<TCore>(memory, columns, row, column + 32, second.Quad(false, false), second.Quad(false, true));
        default(TElement).Keep<TCore>(memory, columns, row + 8, column, first.Quad(true, false), first.Quad(true, true));
        default(TElement).Keep<TCore>(memory, columns, row + 8, column + 32, second.Quad(true, false), second.Quad(true, true));
    }
}

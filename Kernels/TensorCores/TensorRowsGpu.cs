using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The kernel of a product of gathered rows on tensor cores: a convolution or its input gradient, as an implicit matrix product.</summary>
/// <remarks>
/// As <see cref="TileRowsGpu"/>, with three differences. Rows of both operands lie along the sum, so the matrix is [tap, column, channel]: that of the forward pass are the filters with
/// C and K exchanged, that of the input gradient are the filters as they are stored. Slices go from global to shared memory without passing registers, several of them under way
/// (<see cref="IStagedTile.Stages"/>). And the plan counts words: <see cref="GatherPlan.Channels"/> and <see cref="GatherPlan.Depth"/>.
/// </remarks>
internal static class TensorRowsGpu
{
    public static void Kernel<TCore, TElement, TTile, TMeasuring, TSlices>(WordArray source, WordArray matrix, ArrayView<int> result, ArrayView<float> partials, GatherPlan plan)
        where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement where TTile : struct, ITensorTile where TMeasuring : struct, IMeasuring where TSlices : struct, IRowSlices<TSlices>
    {
        var memory = TCore.Allocate<TTile>();
        int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5;

        var corner = TileCorner.Of<TTile>(plan);
        int firstRow = corner.Row, firstColumn = corner.Column;

        var slices = TSlices.Begin<TCore, TTile>(memory, source, matrix, plan, firstRow, firstColumn);
        int warpRow = warp / default(TTile).WarpsAcross * 64, warpColumn = warp % default(TTile).WarpsAcross * 32;
        int left = WarpTile.LeftStart(lane, warpRow), right = RowSlices.LeftBytes<TTile>() + WarpTile.RightStart(lane, warpColumn);
        var sums = default(WarpTile);
        while (slices.Left > 0)
        {
            // Each thread waits for its own part of the slice, and the barrier for everybody's. It also says that all have read the slice before, whose place is filled next.
            TCore.Wait<TTile>();
            Group.Barrier();
            var stage = slices.Stage;
            slices = slices.Next<TCore, TTile>(memory, source, matrix, plan, firstColumn);
            sums = WarpTile.PlusProduct<TCore, TElement>(sums, memory, stage + left, stage + right);
        }

        var walk = OutputWalk.At(plan, firstRow + warpRow + (lane >> 2), 8);
        var column = firstColumn + warpColumn + (lane & 3) * 8;
        walk = Write<TElement, TMeasuring>(result, plan, walk, column, sums.A);
        walk = Write<TElement, TMeasuring>(result, plan, walk, column, sums.B);
        walk = Write<TElement, TMeasuring>(result, plan, walk, column, sums.C);
        Write<TElement, TMeasuring>(result, plan, walk, column, sums.D);
        if (default(TMeasuring).Measures) Measure<TCore, TElement, TTile>(memory, partials, plan, sums, firstRow, firstColumn);
    }

    // A strip: eight columns of two rows that are eight apart. Returns where the next strip goes.
    private static OutputWalk Write<TElement, TMeasuring>(ArrayView<int> result, GatherPlan plan, OutputWalk walk, int column, Strip s)
        where TElement : struct, ITensorElement where TMeasuring : struct, IMeasuring
    {
        Write<TElement, TMeasuring>(result, plan, walk, column, s.Quad(false, false), s.Quad(false, true));
        walk = walk.Next(plan);
        Write<TElement, TMeasuring>(result, plan, walk, column, s.Quad(true, false), s.Quad(true, true));
        return walk.Next(plan);
    }

    private static void Write<TElement, TMeasuring>(ArrayView<int> result, GatherPlan plan, OutputWalk walk, int column, Float4 left, Float4 right)
        where TElement : struct, ITensorElement where TMeasuring : struct, IMeasuring
    {
        if (walk.Row < plan.Rows) default(TElement).Store(result, plan.Addition<TMeasuring>(), walk.Pixel(plan), column, plan.Columns, left, right);
    }

    // The statistics of the tile's columns, once its slices have been multiplied.
    private static void Measure<TCore, TElement, TTile>(TileMemory memory, ArrayView<float> partials, GatherPlan plan, WarpTile sums, int firstRow, int firstColumn)
        where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement where TTile : struct, ITensorTile
    {
        int lane = Group.IdxX & 31, warp = Group.IdxX >> 5, columns = default(TTile).Columns;
        // Eight rows of the tile are a thread's: every eighth of its warp's.
        int down = warp / default(TTile).WarpsAcross * 8 + (lane >> 2), threadsDown = default(TTile).Rows / 8;
        var rows = plan.Rows - firstRow - warp / default(TTile).WarpsAcross * 64 - (lane >> 2);
        var column = warp % default(TTile).WarpsAcross * 32 + (lane & 3) * 8;
        var statistics = new TileStatistics<TileFloats<TCore>>(new(memory, 0), new(memory, 4 * columns), new(memory, 4 * columns * (1 + threadsDown)), columns);
        // All threads have read the last slices, whose memory is filled with sums.
        Group.Barrier();
        if (down == 0)
        {
            Float4 left = default(TElement).Stored(sums.A.Quad(false, false)), right = default(TElement).Stored(sums.A.Quad(false, true));
            var values = IntrinsicMath.Min((rows + 7) / 8, 8);
            statistics.StoreShift(column, left, Tally<TElement>(sums, false, rows, left), values);
            statistics.StoreShift(column + 4, right, Tally<TElement>(sums, true, rows, right), values);
        }
        // Everybody needs the shifts,
        Group.Barrier();
        statistics.Share(down, column, Tally<TElement>(sums, false, rows, statistics.Shift(column)));
        statistics.Share(down, column + 4, Tally<TElement>(sums, true, rows, statistics.Shift(column + 4)));
        // and one thread for each column everybody's sums.
        Group.Barrier();
        statistics.Write(partials, plan.Rows, plan.Columns, default(TTile).Rows, firstRow / default(TTile).Rows, firstColumn, threadsDown);
    }

    // Of the thread's rows that are inside (row 8i of them, if there are more than 8i), in its left or right columns.
    private static ColumnTally Tally<TElement>(WarpTile sums, bool right, int rows, Float4 shift) where TElement : struct, ITensorElement
    {
        var tally = default(ColumnTally);
        tally = tally.Plus(rows > 0, default(TElement).Stored(sums.A.Quad(false, right)), shift);
        tally = tally.Plus(rows > 8, default(TElement).Stored(sums.A.Quad(true, right)), shift);
        tally = tally.Plus(rows > 16, default(TElement).Stored(sums.B.Quad(false, right)), shift);
        tally = tally.Plus(rows > 24, default(TElement).Stored(sums.B.Quad(true, right)), shift);
        tally = tally.Plus(rows > 32, default(TElement).Stored(sums.C.Quad(false, right)), shift);
        tally = tally.Plus(rows > 40, default(TElement).Stored(sums.C.Quad(true, right)), shift);
        tally = tally.Plus(rows > 48, default(TElement).Stored(sums.D.Quad(false, right)), shift);
        return tally.Plus(rows > 56, default(TElement).Stored(sums.D.Quad(true, right)), shift);
    }
}

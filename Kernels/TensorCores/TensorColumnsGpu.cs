using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The kernel of a product with the transpose of gathered rows on tensor cores: a convolution's weight gradient, summed over all pixels.</summary>
/// <remarks>
/// Result [(tap, channel), column] = Σ over pixels of gathered(source)[pixel, (tap, channel)] · matrix[pixel, column], as in <see cref="GatheredColumnsGpu"/>: the pixels are cut into splits
/// by shape alone, and a second pass adds them in order. Both operands lie across the sum: their fragments are transposed on the way to the registers (<see cref="ITensorElement.Left"/>).
/// The plan counts words, as in <see cref="TensorRowsGpu"/>; <see cref="GatherPlan.Columns"/> are numbers.
/// </remarks>
internal static class TensorColumnsGpu
{
    public static void Kernel<TCore, TElement, TTile>(WordArray source, WordArray matrix, ArrayView<float> result, GatherPlan plan, int splitLength)
        where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement where TTile : struct, ITensorTile
    {
        var memory = TCore.Allocate<TTile>();
        int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5;

        var tilesAcross = (plan.Columns + default(TTile).Columns - 1) / default(TTile).Columns;
        var tileDown = Grid.IdxX / tilesAcross;
        var firstRow = tileDown * default(TTile).Rows;
        var firstColumn = (Grid.IdxX - tileDown * tilesAcross) * default(TTile).Columns;
        var begin = Grid.IdxY * splitLength;
        var end = begin + splitLength;
        if (end > plan.Rows) end = plan.Rows;

        // A thread fetches the same place of 16 bytes of one pixel after the other; neighbours fetch neighbouring places.
        var cursor = TapCursor.At(plan, firstRow / default(TElement).PerWord + 4 * (thread % Places<TElement>(default(TTile).Rows)));
        var walk = PixelWalk.At(plan, begin + thread / Places<TElement>(default(TTile).Rows));
        var stride = PixelWalk.At(plan, default(TTile).Threads / Places<TElement>(default(TTile).Rows));

        var pixels = PixelsPerSlice<TElement>();
        var slices = (end - begin + pixels - 1) / pixels;
        for (var slice = 0; slice < default(TTile).Stages - 1; slice++)
        {
            if (slice < slices) walk = Fetch<TCore, TElement, TTile>(memory, source, matrix, plan, cursor, walk, stride, begin + slice * pixels, end, firstColumn, slice * StageBytes<TTile>());
            TCore.Commit();
        }

        int warpRow = warp / default(TTile).WarpsAcross * 64, warpColumn = warp % default(TTile).WarpsAcross * 32;
        int leftPitch = Pitch<TElement>(default(TTile).Rows), rightPitch = Pitch<TElement>(default(TTile).Columns);
        int left = default(TElement).LeftPlace(lane, warpRow, leftPitch), right = pixels * leftPitch + default(TElement).RightPlace(lane, warpColumn, rightPitch);
        var sums = default(WarpTile);
        int stage = 0, free = (default(TTile).Stages - 1) * StageBytes<TTile>();
        for (var slice = 0; slice < slices; slice++)
        {
            // As in TensorRowsGpu: the slice has arrived, and nobody reads the one before any more.
            TCore.Wait<TTile>();
            Group.Barrier();
            var ahead = slice + default(TTile).Stages - 1;
            if (ahead < slices) walk = Fetch<TCore, TElement, TTile>(memory, source, matrix, plan, cursor, walk, stride, begin + ahead * pixels, end, firstColumn, free);
            TCore.Commit();
            sums = WarpTile.PlusTransposedProduct<TCore, TElement>(sums, memory, stage + left, stage + right, leftPitch, rightPitch);
            stage = Next<TTile>(stage);
            free = Next<TTile>(free);
        }

        var rows = plan.Depth * default(TElement).PerWord;
        var first = firstRow + warpRow + (lane >> 2);
        var column = firstColumn + warpColumn + (lane & 3) * 2;
        Write(result, rows, plan.Columns, first, column, sums.A);
        Write(result, rows, plan.Columns, first + 16, column, sums.B);
        Write(result, rows, plan.Columns, first + 32, column, sums.C);
        Write(result, rows, plan.Columns, first + 48, column, sums.D);
    }

    /// <summary>Pixels of a slice: two products' depths.</summary>
    public static int PixelsPerSlice<TElement>() where TElement : struct, ITensorElement => 16 * default(TElement).PerWord;

    private static int Pitch<TElement>(int channels) where TElement : struct, ITensorElement => channels * 4 / default(TElement).PerWord;

    // Places of 16 bytes in one pixel's row of a slice.
    private static int Places<TElement>(int channels) where TElement : struct, ITensorElement => channels / (4 * default(TElement).PerWord);

    private static int StageBytes<TTile>() where TTile : struct, ITensorTile => (default(TTile).Rows + default(TTile).Columns) * 64;

    private static int Next<TTile>(int stage) where TTile : struct, ITensorTile => stage == (default(TTile).Stages - 1) * StageBytes<TTile>() ? 0 : stage + StageBytes<TTile>();

    private static PixelWalk Fetch<TCore, TElement, TTile>(
        TileMemory memory, WordArray source, WordArray matrix, GatherPlan plan, TapCursor cursor, PixelWalk walk, PixelWalk stride, int firstPixel, int end, int firstColumn, int stage)
        where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement where TTile : struct, ITensorTile
    {
        int leftPlaces = Places<TElement>(default(TTile).Rows), rightPlaces = Places<TElement>(default(TTile).Columns);
        int pixel = Group.IdxX / leftPlaces, place = Group.IdxX % leftPlaces, apart = default(TTile).Threads / leftPlaces;
        for (var fetch = 0; fetch < default(TTile).Rows * 4 / default(TTile).Threads; fetch++)
        {
            int h = walk.U * plan.Step + plan.BaseH + plan.TapStep * cursor.TapH, w = walk.V * plan.Step + plan.BaseW + plan.TapStep * cursor.TapW;
            var inside = cursor.TapH < plan.TapsH & firstPixel + pixel < end & (uint)h < (uint)plan.SourceH & (uint)w < (uint)plan.SourceW;
            TCore.CopyAsync(memory, stage + Place<TElement>(pixel, place, default(TTile).Rows), source, ((walk.Image * plan.SourceH + h) * plan.SourceW + w) * plan.Channels + cursor.Channel, inside);
            walk = walk.Advance(plan, stride);
            pixel += apart;
        }

        pixel = Group.IdxX / rightPlaces;
        place = Group.IdxX % rightPlaces;
        apart = default(TTile).Threads / rightPlaces;
        var slice = stage + PixelsPerSlice<TElement>() * Pitch<TElement>(default(TTile).Rows);
        var column = firstColumn / default(TElement).PerWord + 4 * place;
        var columns = plan.Columns / default(TElement).PerWord;
        for (var fetch = 0; fetch < default(TTile).Columns * 4 / default(TTile).Threads; fetch++)
        {
            var inside = column < columns & firstPixel + pixel < end;
            TCore.CopyAsync(memory, slice + Place<TElement>(pixel, place, default(TTile).Columns), matrix, (firstPixel + pixel) * columns + column, inside);
            pixel += apart;
        }
        return walk;
    }

    private static int Place<TElement>(int pixel, int place, int channels) where TElement : struct, ITensorElement =>
        pixel * Pitch<TElement>(channels) + ((place ^ default(TElement).Swizzle(pixel)) << 4);

    private static void Write(ArrayView<float> result, int rows, int columns, int row, int column, Strip s)
    {
        Write(result, rows, columns, row, column, s.A);
        Write(result, rows, columns, row, column + 8, s.B);
        Write(result, rows, columns, row, column + 16, s.C);
        Write(result, rows, columns, row, column + 24, s.D);
    }

    private static void Write(ArrayView<float> result, int rows, int columns, int row, int column, Sums4 s)
    {
        if (column >= columns) return;
        var at = ((Grid.IdxY * rows + row) * columns + column) >> 1;
        if (row < rows) result.Cast<Float2>()[at] = new Float2(s.X, s.Y);
        if (row + 8 < rows) result.Cast<Float2>()[at + 4 * columns] = new Float2(s.Z, s.W);
    }
}

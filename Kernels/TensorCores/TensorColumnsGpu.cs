using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The kernel of a product with the transpose of gathered rows on tensor cores: a convolution's weight gradient, summed over all pixels.</summary>
/// <remarks>
/// Result [(tap, channel), column] = Σ over pixels of gathered(source)[pixel, (tap, channel)] · matrix[pixel, column], as in <see cref="TileColumnsGpu"/>: the pixels are cut into splits
/// (<see cref="PixelSplits"/>), and a second pass adds them in a fixed order. Both operands lie across the sum: their fragments are transposed on the way to the registers (<see cref="ITensorElement.Left"/>).
/// The plan counts words, as in <see cref="TensorRowsGpu"/>; <see cref="GatherPlan.Columns"/> are numbers.
/// </remarks>
internal static class TensorColumnsGpu
{
    public static void Kernel<TCore, TElement, TTile>(WordArray source, WordArray matrix, ArrayView<float> result, GatherPlan plan, int splitLength)
        where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement where TTile : struct, ITensorTile
    {
        var memory = TCore.Allocate<TTile>();
        int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5;

        var corner = TileCorner.Of<TTile>(plan);
        int firstRow = corner.Row, firstColumn = corner.Column;
        var begin = Grid.IdxY * splitLength;
        var end = begin + splitLength;
        if (end > plan.Rows) end = plan.Rows;

        var slices = PixelSlices<TElement, TransposedPlaces<TElement>>.Begin<TCore, TTile>(memory, source, matrix, plan, firstRow, firstColumn, begin, end);
        int warpRow = warp / default(TTile).WarpsAcross * 64, warpColumn = warp % default(TTile).WarpsAcross * 32;
        int leftPitch = PixelSlices.Pitch<TElement>(default(TTile).Rows), rightPitch = PixelSlices.Pitch<TElement>(default(TTile).Columns);
        int left = default(TElement).LeftPlace(lane, warpRow, leftPitch), right = PixelSlices.LeftBytes<TTile>() + default(TElement).RightPlace(lane, warpColumn, rightPitch);
        var sums = default(WarpTile);
        while (slices.Left > 0)
        {
            // As in TensorRowsGpu: the slice has arrived, and nobody reads the one before any more.
            TCore.Wait<TTile>();
            Group.Barrier();
            var stage = slices.Stage;
            slices = slices.Next<TCore, TTile>(memory, source, matrix, plan);
            sums = WarpTile.PlusTransposedProduct<TCore, TElement>(sums, memory, stage + left, stage + right, leftPitch, rightPitch);
        }

        var rows = plan.Depth * default(TElement).PerWord;
        var first = firstRow + warpRow + (lane >> 2);
        var column = firstColumn + warpColumn + (lane & 3) * 2;
        Write(result, rows, plan.Columns, first, column, sums.A);
        Write(result, rows, plan.Columns, first + 16, column, sums.B);
        Write(result, rows, plan.Columns, first + 32, column, sums.C);
        Write(result, rows, plan.Columns, first + 48, column, sums.D);
    }

    /// <summary>Writes a strip: 32 columns of two rows that are eight apart.</summary>
    public static void Write(ArrayView<float> result, int rows, int columns, int row, int column, Strip s)
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

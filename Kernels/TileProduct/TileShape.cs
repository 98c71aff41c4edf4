using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The extents of the tiles that a group of threads works on, and the multiplication of two slices in shared memory.</summary>
internal static class TileShape
{
    public const int Threads = 256;

    /// <summary>Rows of a tile: 16 threads times 8.</summary>
    public const int Rows = 128;

    /// <summary>Columns of a tile: 16 threads times 4. As many as ResNet's narrowest stage has channels.</summary>
    public const int Columns = 64;

    /// <summary>Length of a slice along the sum.</summary>
    public const int Depth = 16;

    /// <summary>Float4s from one k to the next of a row slice. One more than 128 floats need: writers of different k then meet different banks.</summary>
    public const int RowPitch = Rows / 4 + 1;

    /// <summary>Float4s from one k to the next of a column slice.</summary>
    public const int ColumnPitch = Columns / 4;

    /// <summary>Float4s of a row slice.</summary>
    public const int RowSlice = Depth * RowPitch;

    /// <summary>Float4s of a column slice.</summary>
    public const int ColumnSlice = Depth * ColumnPitch;

    /// <summary>Adds the product of two slices to a thread's sums.</summary>
    /// <param name="sums">The sums so far.</param>
    /// <param name="a">[Depth, RowPitch], k outermost.</param>
    /// <param name="b">[Depth, ColumnPitch].</param>
    /// <param name="atA">The thread's first Float4 in a row of a.</param>
    /// <param name="atB">The thread's Float4 in a row of b.</param>
    /// <returns>The new sums.</returns>
    public static Tile8x4 Multiply(Tile8x4 sums, ArrayView<Float4> a, ArrayView<Float4> b, int atA, int atB)
    {
        sums = sums.PlusOuter(a[0 * RowPitch + atA], a[0 * RowPitch + atA + 1], b[0 * ColumnPitch + atB]);
        sums = sums.PlusOuter(a[1 * RowPitch + atA], a[1 * RowPitch + atA + 1], b[1 * ColumnPitch + atB]);
        sums = sums.PlusOuter(a[2 * RowPitch + atA], a[2 * RowPitch + atA + 1], b[2 * ColumnPitch + atB]);
        sums = sums.PlusOuter(a[3 * RowPitch + atA], a[3 * RowPitch + atA + 1], b[3 * ColumnPitch + atB]);
        sums = sums.PlusOuter(a[4 * RowPitch + atA], a[4 * RowPitch + atA + 1], b[4 * ColumnPitch + atB]);
        sums = sums.PlusOuter(a[5 * RowPitch + atA], a[5 * RowPitch + atA + 1], b[5 * ColumnPitch + atB]);
        sums = sums.PlusOuter(a[6 * RowPitch + atA], a[6 * RowPitch + atA + 1], b[6 * ColumnPitch + atB]);
        sums = sums.PlusOuter(a[7 * RowPitch + atA], a[7 * RowPitch + atA + 1], b[7 * ColumnPitch + atB]);
        sums = sums.PlusOuter(a[8 * RowPitch + atA], a[8 * RowPitch + atA + 1], b[8 * ColumnPitch + atB]);
        sums = sums.PlusOuter(a[9 * RowPitch + atA], a[9 * RowPitch + atA + 1], b[9 * ColumnPitch + atB]);
        sums = sums.PlusOuter(a[10 * RowPitch + atA], a[10 * RowPitch + atA + 1], b[10 * ColumnPitch + atB]);
        sums = sums.PlusOuter(a[11 * RowPitch + atA], a[11 * RowPitch + atA + 1], b[11 * ColumnPitch + atB]);
        sums = sums.PlusOuter(a[12 * RowPitch + atA], a[12 * RowPitch + atA + 1], b[12 * ColumnPitch + atB]);
        sums = sums.PlusOuter(a[13 * RowPitch + atA], a[13 * RowPitch + atA + 1], b[13 * ColumnPitch + atB]);
        sums = sums.PlusOuter(a[14 * RowPitch + atA], a[14 * RowPitch + atA + 1], b[14 * ColumnPitch + atB]);
        sums = sums.PlusOuter(a[15 * RowPitch + atA], a[15 * RowPitch + atA + 1], b[15 * ColumnPitch + atB]);
        return sums;
    }

    /// <summary>Four neighbouring elements of a row-major matrix, zero beyond its edges.</summary>
    public static Float4 Load(ArrayView<float> matrix, int row, int column, bool inside, int columns)
    {
        var result = new Float4();
        if (!inside || column >= columns) return result;
        var at = row * columns + column;
        // Whole Float4s only where every row starts on a multiple of 16 bytes; the same for all threads, so no divergence.
        if ((columns & 3) == 0) return matrix.Cast<Float4>()[at >> 2];
        result.X = matrix[at];
        if (column + 1 < columns) result.Y = matrix[at + 1];
        if (column + 2 < columns) result.Z = matrix[at + 2];
        if (column + 3 < columns) result.W = matrix[at + 3];
        return result;
    }

    /// <summary>Writes four neighbouring elements of a row-major matrix, none beyond its edges.</summary>
    public static void Store(ArrayView<float> matrix, int row, int column, int columns, Float4 value)
    {
        if (column >= columns) return;
        var at = row * columns + column;
        if ((columns & 3) == 0)
        {
            matrix.Cast<Float4>()[at >> 2] = value;
            return;
        }
        matrix[at] = value.X;
        if (column + 1 < columns) matrix[at + 1] = value.Y;
        if (column + 2 < columns) matrix[at + 2] = value.Z;
        if (column + 3 < columns) matrix[at + 3] = value.W;
    }
}

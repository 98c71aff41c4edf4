using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The extents of the tiles that a group of threads works on, and how matrices are read and written.</summary>
internal static class TileShape
{
    public const int Threads = 256;

    /// <summary>Rows of a tile.</summary>
    public const int Rows = 128;

    /// <summary>Columns of the widest tile: as many as ResNet's narrowest stage has channels.</summary>
    public const int Columns = 64;

    /// <summary>Length of a slice along the sum.</summary>
    public const int Depth = 16;

    /// <summary>
    /// Float4s from one k to the next of a row slice. One more than 128 floats need: writers of different k then meet different banks.
    /// </summary>
    public const int RowPitch = Rows / 4 + 1;

    /// <summary>Float4s from one k to the next of a column slice.</summary>
    public const int ColumnPitch = Columns / 4;

    /// <summary>Float4s of a row slice.</summary>
    public const int RowSlice = Depth * RowPitch;

    /// <summary>Float4s of a column slice.</summary>
    public const int ColumnSlice = Depth * ColumnPitch;

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

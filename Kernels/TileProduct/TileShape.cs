using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>The extents of the tiles that a group of threads works on, and how matrices are read and written.</summary>
internal static class TileShape
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 128;

    /// <summary>
    /// Float4s from one k to the next of a row slice. One more than 128 floats need: writers of different k then meet different banks.
    /// </summary>
    public const int RowPitch = Rows / 4 + 1;

    /// <summary>Float4s from one k to the next of the column slices of tiles with at most 64 columns.</summary>
    public const int ColumnPitch = 16;

    /// <summary>Float4s from one k to the next of a column slice: at least 64 columns, of which narrow tiles leave some idle.</summary>
    public static int SliceQuads<TTile>() where TTile : struct, ITile<TTile> => default(TTile).Columns > 64 ? default(TTile).Columns / 4 : ColumnPitch;

    /// <summary>Length of a slice along the sum, 16 or 8: of the right matrix each thread fetches one Float4.</summary>
    public static int Depth<TTile>() where TTile : struct, ITile<TTile> => default(TTile).Threads / SliceQuads<TTile>();

    /// <summary>Float4s of the left matrix that each thread fetches for a slice: one or two.</summary>
    public static int RowFetches<TTile>() where TTile : struct, ITile<TTile> => Depth<TTile>() * (Rows / 4) / default(TTile).Threads;

    /// <summary>Threads that fetch a row of the left matrix together, where its rows lie along the sum: two or one.</summary>
    public static int ThreadsPerRow<TTile>() where TTile : struct, ITile<TTile> => default(TTile).Threads / Rows;

    /// <summary>Warps of a group.</summary>
    public static int Warps<TTile>() where TTile : struct, ITile<TTile> => default(TTile).Threads / 32;

    /// <summary>Groups that are to fit onto a processor at once: 512 threads leave each 128 of its 65,536 registers, which 64 sums fill. Fewer sums need no bound (0).</summary>
    public static int GroupsAtOnce<TTile>() where TTile : struct, ITile<TTile> => default(TTile).ColumnsPerThread == 8 ? 512 / default(TTile).Threads : 0;

    /// <summary>Float4s of a row slice.</summary>
    public static int RowSlice<TTile>() where TTile : struct, ITile<TTile> => Depth<TTile>() * RowPitch;

    /// <summary>Float4s of a column slice.</summary>
    public static int ColumnSlice<TTile>() where TTile : struct, ITile<TTile> => Depth<TTile>() * SliceQuads<TTile>();

    /// <summary>Neighbouring rows of sums in a thread.</summary>
    public static int RowsPerThread<TTile>() where TTile : struct, ITile<TTile> => Rows * ThreadsAcross<TTile>() / default(TTile).Threads;

    /// <summary>The first row of a thread's sums in the tile.</summary>
    public static int ThreadRow<TTile>(int thread) where TTile : struct, ITile<TTile>
    {
        if (ThreadsAcross<TTile>() < 8) return thread / ThreadsAcross<TTile>() * RowsPerThread<TTile>();
        var lane = thread & 31;
        return ((thread >> 5) / (ThreadsAcross<TTile>() / 8) * 4 + (((lane >> 1) & 1) | ((lane >> 3) & 2))) * RowsPerThread<TTile>();
    }

    /// <summary>The first column of a thread's sums in the tile, as a number of Float4s.</summary>
    /// <remarks>
    /// A warp has 4×8 threads. Sixteen lanes at a time read eight neighbouring Float4s of the right slice, all banks once, and two of the left; and since lanes 0 and 2, 1 and 3 and so on read the same of
    /// the one, lanes 0 and 1, 2 and 3 and so on of the other, shared memory serves the sixteen in one turn. With 2×16 threads in rows it would take two for the right slice.
    /// </remarks>
    public static int ThreadQuad<TTile>(int thread) where TTile : struct, ITile<TTile>
    {
        if (ThreadsAcross<TTile>() < 8) return thread & (ThreadsAcross<TTile>() - 1);
        var lane = thread & 31;
        return ((thread >> 5) & (ThreadsAcross<TTile>() / 8 - 1)) * 8 + ((lane & 1) | ((lane >> 1) & 6));
    }

    private static int ThreadsAcross<TTile>() where TTile : struct, ITile<TTile> => default(TTile).Columns / default(TTile).ColumnsPerThread;

    /// <summary>Four neighbouring elements of a row-major matrix, zero beyond its edges; whether they are aligned must be a constant (<see cref="IAlignment"/>).</summary>
    public static Float4 Load(ArrayView<float> matrix, int row, int column, bool inside, int columns, bool isAligned)
    {
        var result = new Float4();
        if (!inside || column >= columns) return result;
        var at = row * columns + column;
        if (isAligned) return matrix.Cast<Float4>()[at >> 2];
        result.X = matrix[at];
        if (column + 1 < columns) result.Y = matrix[at + 1];
        if (column + 2 < columns) result.Z = matrix[at + 2];
        if (column + 3 < columns) result.W = matrix[at + 3];
        return result;
    }

    /// <summary>Writes four neighbouring elements of a row-major matrix, none beyond its edges.</summary>
    public static void Store(ArrayView<float> matrix, int row, int column, int columns, Float4 value, bool isAligned)
    {
        if (column >= columns) return;
        var at = row * columns + column;
        if (isAligned)
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

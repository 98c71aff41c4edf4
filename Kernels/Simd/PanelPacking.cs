using LpcEngine.Engine;

namespace LpcEngine.Kernels.Simd;

/// <summary>
/// Rearranges the right side of a product into panels: the columns of one micro-kernel tile, one after another for each row.
/// </summary>
/// <remarks>
/// Panel p holds columns p·width … of every row, padded with zeros, so that the inner loop reads memory strictly forward. The last panel
/// is one vector wide if that is enough. Total size: <see cref="Floats"/>.
/// </remarks>
internal static class PanelPacking
{
    /// <summary>Size of all panels.</summary>
    /// <param name="rows">Rows (taps × input channels).</param>
    /// <param name="columns">Columns (output channels).</param>
    /// <param name="lanes">Floats in a vector.</param>
    /// <returns>Floats.</returns>
    public static long Floats(long rows, int columns, int lanes) => rows * Tiling.RoundUp(columns, lanes);

    /// <summary>The number of panels of two vectors that hold a number of columns.</summary>
    public static int Panels(int columns, int lanes) => Tiling.Count(columns, 2 * lanes);

    /// <summary>Width of a panel in vectors.</summary>
    public static int Vectors(int panel, int columns, int lanes) => columns - panel * 2 * lanes > lanes ? 2 : 1;
}

/// <summary>
/// Packs a filter (or matrix) whose element (tap, row, column) lies at source + tapOffset(tap) + row·rowStride + column·columnStride.
/// </summary>
internal unsafe struct PackPanelsJob : ITileJob
{
    public float* Source, Panels;
    public int Rows, Columns, Lanes, TapsH, TapsW;
    public long FirstTap, TapStrideH, TapStrideW, RowStride, ColumnStride;

    /// <summary>Packs everything.</summary>
    /// <param name="pool">The workers.</param>
    public void Run(WorkerPool pool) => pool.Run(PanelPacking.Panels(Columns, Lanes) * TapsH * TapsW, ref this);

    /// <inheritdoc/>
    public readonly void Run(int tile, int worker)
    {
        int taps = TapsH * TapsW, panel = tile / taps, tap = tile % taps, first = panel * 2 * Lanes;
        var width = PanelPacking.Vectors(panel, Columns, Lanes) * Lanes;
        var used = Math.Min(width, Columns - first);
        var from = Source + FirstTap + tap / TapsW * TapStrideH + tap % TapsW * TapStrideW + first * ColumnStride;
        var to = Panels + (long)first * taps * Rows + (long)tap * Rows * width;
        if (ColumnStride == 1) CopyRows(from, to, width, used);
        else Transpose(from, to, width, used);
    }

    private readonly void CopyRows(float* from, float* to, int width, int used)
    {
        for (var row = 0; row < Rows; row++, from += RowStride, to += width)
        {
            new ReadOnlySpan<float>(from, used).CopyTo(new Span<float>(to, used));
            new Span<float>(to + used, width - used).Clear();
        }
    }

    // Sixteen rows at a time: each of the columns' cache lines is then read once.
    private readonly void Transpose(float* from, float* to, int width, int used)
    {
        for (var row = 0; row < Rows; row += 16, from += 16 * RowStride, to += 16 * width)
        {
            var rows = Math.Min(16, Rows - row);
            for (var column = 0; column < used; column++) Spread(from + column * ColumnStride, RowStride, to + column, width, rows);
            for (var column = used; column < width; column++)
                for (var i = 0; i < rows; i++) to[(nint)i * width + column] = 0;
        }
    }

    private static void Spread(float* from, long step, float* to, nint width, int rows)
    {
        for (; rows >= 4; rows -= 4, from += 4 * step, to += 4 * width)
        {
            to[0] = from[0];
            to[width] = from[step];
            to[2 * width] = from[2 * step];
            to[3 * width] = from[3 * step];
        }
        for (; rows > 0; rows--, from += step, to += width) *to = *from;
    }
}

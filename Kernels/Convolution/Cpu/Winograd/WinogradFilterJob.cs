using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>
/// Transforms a 3×3 filter into the matrices of a form, each packed in panels: [filter][panel][input channel][lane].
/// </summary>
/// <remarks>For the input gradient the filter is turned round and its channels change roles.</remarks>
internal unsafe struct WinogradFilterJob<TVector, TSimd, TForm> : ITileJob
    where TVector : struct where TSimd : struct, ISimd<TVector> where TForm : struct, IWinogradForm
{
    // Input channels of a tile; also the width of the blocks in which the input gradient's filter is transposed.
    private const int TileRows = 16;

    public WorkerPool Pool;
    public float* Weights, Panels;
    public long Plane;
    public int Rows, Columns;
    public bool Gradient;

    /// <summary>Transforms everything.</summary>
    /// <param name="pool">The workers.</param>
    public void Run(WorkerPool pool)
    {
        Pool = pool;
        pool.Run(PanelPacking.Panels(Columns, TSimd.Lanes) * Tiling.Count(Rows, TileRows), ref this);
    }

    /// <summary>Floats that a transform needs for itself.</summary>
    public static int BlockFloats => 9 * TileRows * 2 * TSimd.Lanes;

    /// <inheritdoc/>
    public readonly void Run(int tile, int worker)
    {
        var rowTiles = Tiling.Count(Rows, TileRows);
        int column = tile / rowTiles * 2 * TSimd.Lanes, row0 = tile % rowTiles * TileRows;
        var block = Gradient ? (float*)Pool.Scratch(worker, BlockFloats * sizeof(float)) : null;
        Transform(column, row0, Panels + (long)column * Rows, Plane, block);
    }

    /// <summary>Transforms one panel for all rows.</summary>
    /// <param name="column">The panel's first column.</param>
    /// <param name="panel">Where its first filter goes.</param>
    /// <param name="plane">Floats from one filter to the next.</param>
    /// <param name="block">Memory for <see cref="BlockFloats"/>.</param>
    public readonly void Panel(int column, float* panel, long plane, float* block)
    {
        for (var row = 0; row < Rows; row += TileRows) Transform(column, row, panel, plane, block);
    }

    private readonly void Transform(int column, int row0, float* panel, long plane, float* block)
    {
        int width = Math.Min(2 * TSimd.Lanes, Columns - column), rows = Math.Min(TileRows, Rows - row0);
        long tap = (long)Rows * Columns, rowStride = Columns;
        var from = Weights + row0 * rowStride + column;
        if (Gradient)
        {
            Turn(row0, rows, column, width, block);
            from = block;
            (tap, rowStride) = (TileRows * width, width);
        }
        var to = panel + (long)row0 * width;
        for (var row = 0; row < rows; row++, from += rowStride, to += width)
            for (var lane = 0; lane < width; lane += TSimd.Lanes)
                TForm.Filter(from + lane, (nint)(3 * tap), (nint)tap, to + lane, (nint)plane);
    }

    // The block's nine taps, last first, with rows and columns exchanged: weights [tap][column (C)][row (K)] to [8 − tap][row][column].
    private readonly void Turn(int row0, int rows, int column0, int width, float* block)
    {
        for (var tap = 0; tap < 9; tap++)
        {
            var from = Weights + ((long)(8 - tap) * Columns + column0) * Rows + row0;
            var to = block + tap * TileRows * width;
            if (tap < 8) Prefetch(from - (long)Columns * Rows, width);
            for (var column = 0; column < width; column++, from += Rows)
                for (var row = 0; row < rows; row++) to[row * width + column] = from[row];
        }
    }

    // The next tap's columns: single lines far apart, which the hardware does not foresee.
    private readonly void Prefetch(float* from, int width)
    {
        for (var column = 0; column < width; column++, from += Rows) MemoryHint.Fetch(from);
    }
}

namespace LpcEngine.Kernels.Simd;

/// <summary>Micro-tiles of any real width and depth: long sums in parts, and columns beyond the last computed but not written.</summary>
internal static unsafe class TileProduct<TVector, TSimd> where TVector : struct where TSimd : struct, ISimd<TVector>
{
    // A sum of n terms in one chain errs by about √n roundings; chains of 512 added up keep 5000 terms (3×3×512) below 1e-6, at the cost of
    // one load and add in 512.
    private const int ChainLength = 512;

    /// <summary>Floats that <see cref="Run"/> needs for a tile at the edge.</summary>
    public static int EdgeFloats => Tile.Rows * 2 * TSimd.Lanes;

    /// <summary>outputs[i][column …] (+)= Σ over taps and channels of the eight rows times the panel.</summary>
    /// <param name="columns">Columns of the whole output.</param>
    /// <param name="panel">Which panel of two vectors.</param>
    /// <param name="taps">Eight row addresses for each tap.</param>
    /// <param name="tapCount">How many taps.</param>
    /// <param name="channels">Length of a row.</param>
    /// <param name="weights">The panel.</param>
    /// <param name="outputs">Eight output rows.</param>
    /// <param name="edge">Memory for <see cref="EdgeFloats"/>.</param>
    /// <param name="add">Whether the outputs' old content is added to.</param>
    public static void Run(int columns, int panel, float** taps, int tapCount, int channels, float* weights, float** outputs, float* edge, bool add = false)
    {
        int column = panel * 2 * TSimd.Lanes, vectors = PanelPacking.Vectors(panel, columns, TSimd.Lanes), used = columns - column;
        if (used >= vectors * TSimd.Lanes)
        {
            Chains(vectors, taps, tapCount, channels, weights, outputs, column, add);
            return;
        }
        var edgeRows = stackalloc float*[Tile.Rows];
        for (var i = 0; i < Tile.Rows; i++) edgeRows[i] = edge + i * 2 * TSimd.Lanes;
        Chains(vectors, taps, tapCount, channels, weights, edgeRows, 0, add: false);
        for (var i = 0; i < Tile.Rows; i++)
            for (var j = 0; j < used; j++) outputs[i][column + j] = add ? outputs[i][column + j] + edgeRows[i][j] : edgeRows[i][j];
    }

    private static void Chains(int vectors, float** taps, int tapCount, int channels, float* weights, float** outputs, nint column, bool add)
    {
        if ((long)tapCount * channels <= ChainLength) RowKernel<TVector, TSimd>.Run(vectors, taps, tapCount, channels, weights, outputs, column, add);
        else if (channels <= ChainLength) TapChains(vectors, taps, tapCount, channels, weights, outputs, column, add);
        else RowChains(vectors, taps, tapCount, channels, weights, outputs, column, add);
    }

    private static void TapChains(int vectors, float** taps, int tapCount, int channels, float* weights, float** outputs, nint column, bool add)
    {
        var step = ChainLength / channels;
        for (var tap = 0; tap < tapCount; tap += step)
            RowKernel<TVector, TSimd>.Run(vectors, taps + tap * Tile.Rows, Math.Min(step, tapCount - tap), channels,
                weights + (long)tap * channels * vectors * TSimd.Lanes, outputs, column, add || tap > 0);
    }

    private static void RowChains(int vectors, float** taps, int tapCount, int channels, float* weights, float** outputs, nint column, bool add)
    {
        var rows = stackalloc float*[Tile.Rows];
        for (var tap = 0; tap < tapCount; tap++)
            for (var channel = 0; channel < channels; channel += ChainLength)
            {
                for (var i = 0; i < Tile.Rows; i++) rows[i] = taps[tap * Tile.Rows + i] + channel;
                RowKernel<TVector, TSimd>.Run(vectors, rows, 1, Math.Min(ChainLength, channels - channel),
                    weights + ((long)tap * channels + channel) * vectors * TSimd.Lanes, outputs, column, add || tap + channel > 0);
            }
    }
}

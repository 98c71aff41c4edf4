using System.Runtime.CompilerServices;

namespace LpcEngine.Kernels.Simd;

/// <summary>The inner loop of every product whose left side is read row by row: 8 rows (pixels) times one panel of weights.</summary>
/// <remarks>
/// Rows are given by address, eight for each filter tap, so that a convolution is a matrix product without a copy of its input (implicit
/// GEMM) and padding is one address of zeros. All sums stay in registers over all taps and channels; an old sum is added at
/// the end, which makes long sums that come in parts more exact than one chain.
/// Eight rows by two vectors: 16 independent sums cover the latency of two multiply-add units (2 × 4 cycles), 10 loads feed 16
/// multiply-adds, and eight row addresses still fit the integer registers. With 16 vector registers the tile is done in two halves.
/// </remarks>
internal static unsafe class RowKernel<TVector, TSimd> where TVector : struct where TSimd : struct, ISimd<TVector>
{
    /// <summary>outputs[i][offset …] (+)= Σ over taps t and channels c of taps[t·8 + i][c] · panel[t, c, …].</summary>
    /// <param name="vectors">The panel's width in vectors, 1 or 2.</param>
    /// <param name="taps">Eight input rows for each tap.</param>
    /// <param name="tapCount">How many taps.</param>
    /// <param name="channels">Length of a row.</param>
    /// <param name="panel">Weights in the order [tap, channel, lane].</param>
    /// <param name="outputs">Eight output rows.</param>
    /// <param name="offset">Where in an output row the panel's columns begin.</param>
    /// <param name="add">Whether the output's old content is added to.</param>
    public static void Run(int vectors, float** taps, int tapCount, int channels, float* panel, float** outputs, nint offset, bool add)
    {
        if (SimdWidth.ManyRegisters)
        {
            if (vectors == 2) Rows8x2(taps, tapCount, channels, panel, outputs, offset, add);
            else Rows8x1(taps, tapCount, channels, panel, outputs, offset, add);
        }
        else if (vectors == 2)
        {
            Rows4x2(taps, tapCount, channels, panel, outputs, offset, add);
            Rows4x2(taps + 4, tapCount, channels, panel, outputs + 4, offset, add);
        }
        else
        {
            Rows8x1(taps, tapCount, channels, panel, outputs, offset, add);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8x2(float** taps, int tapCount, int channels, float* panel, float** outputs, nint offset, bool add)
    {
        TVector s00 = TSimd.Zero, s01 = TSimd.Zero;
        TVector s10 = TSimd.Zero, s11 = TSimd.Zero;
        TVector s20 = TSimd.Zero, s21 = TSimd.Zero;
        TVector s30 = TSimd.Zero, s31 = TSimd.Zero;
        TVector s40 = TSimd.Zero, s41 = TSimd.Zero;
        TVector s50 = TSimd.Zero, s51 = TSimd.Zero;
        TVector s60 = TSimd.Zero, s61 = TSimd.Zero;
        TVector s70 = TSimd.Zero, s71 = TSimd.Zero;
        for (; tapCount > 0; tapCount--, taps += Tile.Rows)
        {
            float* a0 = taps[0], a1 = taps[1], a2 = taps[2], a3 = taps[3], a4 = taps[4], a5 = taps[5], a6 = taps[6], a7 = taps[7];
            for (nint c = 0; c < channels; c++)
            {
                var b0 = TSimd.Load(panel);
                var b1 = TSimd.Load(panel + TSimd.Lanes);
                panel += 2 * TSimd.Lanes;
                var a = TSimd.Broadcast(a0[c]);
                s00 = TSimd.MultiplyAdd(a, b0, s00);
                s01 = TSimd.MultiplyAdd(a, b1, s01);
                a = TSimd.Broadcast(a1[c]);
                s10 = TSimd.MultiplyAdd(a, b0, s10);
                s11 = TSimd.MultiplyAdd(a, b1, s11);
                a = TSimd.Broadcast(a2[c]);
                s20 = TSimd.MultiplyAdd(a, b0, s20);
                s21 = TSimd.MultiplyAdd(a, b1, s21);
                a = TSimd.Broadcast(a3[c]);
                s30 = TSimd.MultiplyAdd(a, b0, s30);
                s31 = TSimd.MultiplyAdd(a, b1, s31);
                a = TSimd.Broadcast(a4[c]);
                s40 = TSimd.MultiplyAdd(a, b0, s40);
                s41 = TSimd.MultiplyAdd(a, b1, s41);
                a = TSimd.Broadcast(a5[c]);
                s50 = TSimd.MultiplyAdd(a, b0, s50);
                s51 = TSimd.MultiplyAdd(a, b1, s51);
                a = TSimd.Broadcast(a6[c]);
                s60 = TSimd.MultiplyAdd(a, b0, s60);
                s61 = TSimd.MultiplyAdd(a, b1, s61);
                a = TSimd.Broadcast(a7[c]);
                s70 = TSimd.MultiplyAdd(a, b0, s70);
                s71 = TSimd.MultiplyAdd(a, b1, s71);
            }
        }
        if (add)
        {
            s00 = TSimd.Add(s00, TSimd.Load(outputs[0] + offset));
            s01 = TSimd.Add(s01, TSimd.Load(outputs[0] + offset + TSimd.Lanes));
            s10 = TSimd.Add(s10, TSimd.Load(outputs[1] + offset));
            s11 = TSimd.Add(s11, TSimd.Load(outputs[1] + offset + TSimd.Lanes));
            s20 = TSimd.Add(s20, TSimd.Load(outputs[2] + offset));
            s21 = TSimd.Add(s21, TSimd.Load(outputs[2] + offset + TSimd.Lanes));
            s30 = TSimd.Add(s30, TSimd.Load(outputs[3] + offset));
            s31 = TSimd.Add(s31, TSimd.Load(outputs[3] + offset + TSimd.Lanes));
            s40 = TSimd.Add(s40, TSimd.Load(outputs[4] + offset));
            s41 = TSimd.Add(s41, TSimd.Load(outputs[4] + offset + TSimd.Lanes));
            s50 = TSimd.Add(s50, TSimd.Load(outputs[5] + offset));
            s51 = TSimd.Add(s51, TSimd.Load(outputs[5] + offset + TSimd.Lanes));
            s60 = TSimd.Add(s60, TSimd.Load(outputs[6] + offset));
            s61 = TSimd.Add(s61, TSimd.Load(outputs[6] + offset + TSimd.Lanes));
            s70 = TSimd.Add(s70, TSimd.Load(outputs[7] + offset));
            s71 = TSimd.Add(s71, TSimd.Load(outputs[7] + offset + TSimd.Lanes));
        }
        TSimd.Store(s00, outputs[0] + offset);
        TSimd.Store(s01, outputs[0] + offset + TSimd.Lanes);
        TSimd.Store(s10, outputs[1] + offset);
        TSimd.Store(s11, outputs[1] + offset + TSimd.Lanes);
        TSimd.Store(s20, outputs[2] + offset);
        TSimd.Store(s21, outputs[2] + offset + TSimd.Lanes);
        TSimd.Store(s30, outputs[3] + offset);
        TSimd.Store(s31, outputs[3] + offset + TSimd.Lanes);
        TSimd.Store(s40, outputs[4] + offset);
        TSimd.Store(s41, outputs[4] + offset + TSimd.Lanes);
        TSimd.Store(s50, outputs[5] + offset);
        TSimd.Store(s51, outputs[5] + offset + TSimd.Lanes);
        TSimd.Store(s60, outputs[6] + offset);
        TSimd.Store(s61, outputs[6] + offset + TSimd.Lanes);
        TSimd.Store(s70, outputs[7] + offset);
        TSimd.Store(s71, outputs[7] + offset + TSimd.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8x1(float** taps, int tapCount, int channels, float* panel, float** outputs, nint offset, bool add)
    {
        TVector s00 = TSimd.Zero;
        TVector s10 = TSimd.Zero;
        TVector s20 = TSimd.Zero;
        TVector s30 = TSimd.Zero;
        TVector s40 = TSimd.Zero;
        TVector s50 = TSimd.Zero;
        TVector s60 = TSimd.Zero;
        TVector s70 = TSimd.Zero;
        for (; tapCount > 0; tapCount--, taps += Tile.Rows)
        {
            float* a0 = taps[0], a1 = taps[1], a2 = taps[2], a3 = taps[3], a4 = taps[4], a5 = taps[5], a6 = taps[6], a7 = taps[7];
            for (nint c = 0; c < channels; c++)
            {
                var b0 = TSimd.Load(panel);
                panel += TSimd.Lanes;
                var a = TSimd.Broadcast(a0[c]);
                s00 = TSimd.MultiplyAdd(a, b0, s00);
                a = TSimd.Broadcast(a1[c]);
                s10 = TSimd.MultiplyAdd(a, b0, s10);
                a = TSimd.Broadcast(a2[c]);
                s20 = TSimd.MultiplyAdd(a, b0, s20);
                a = TSimd.Broadcast(a3[c]);
                s30 = TSimd.MultiplyAdd(a, b0, s30);
                a = TSimd.Broadcast(a4[c]);
                s40 = TSimd.MultiplyAdd(a, b0, s40);
                a = TSimd.Broadcast(a5[c]);
                s50 = TSimd.MultiplyAdd(a, b0, s50);
                a = TSimd.Broadcast(a6[c]);
                s60 = TSimd.MultiplyAdd(a, b0, s60);
                a = TSimd.Broadcast(a7[c]);
                s70 = TSimd.MultiplyAdd(a, b0, s70);
            }
        }
        if (add)
        {
            s00 = TSimd.Add(s00, TSimd.Load(outputs[0] + offset));
            s10 = TSimd.Add(s10, TSimd.Load(outputs[1] + offset));
            s20 = TSimd.Add(s20, TSimd.Load(outputs[2] + offset));
            s30 = TSimd.Add(s30, TSimd.Load(outputs[3] + offset));
            s40 = TSimd.Add(s40, TSimd.Load(outputs[4] + offset));
            s50 = TSimd.Add(s50, TSimd.Load(outputs[5] + offset));
            s60 = TSimd.Add(s60, TSimd.Load(outputs[6] + offset));
            s70 = TSimd.Add(s70, TSimd.Load(outputs[7] + offset));
        }
        TSimd.Store(s00, outputs[0] + offset);
        TSimd.Store(s10, outputs[1] + offset);
        TSimd.Store(s20, outputs[2] + offset);
        TSimd.Store(s30, outputs[3] + offset);
        TSimd.Store(s40, outputs[4] + offset);
        TSimd.Store(s50, outputs[5] + offset);
        TSimd.Store(s60, outputs[6] + offset);
        TSimd.Store(s70, outputs[7] + offset);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4x2(float** taps, int tapCount, int channels, float* panel, float** outputs, nint offset, bool add)
    {
        TVector s00 = TSimd.Zero, s01 = TSimd.Zero;
        TVector s10 = TSimd.Zero, s11 = TSimd.Zero;
        TVector s20 = TSimd.Zero, s21 = TSimd.Zero;
        TVector s30 = TSimd.Zero, s31 = TSimd.Zero;
        for (; tapCount > 0; tapCount--, taps += Tile.Rows)
        {
            float* a0 = taps[0], a1 = taps[1], a2 = taps[2], a3 = taps[3];
            for (nint c = 0; c < channels; c++)
            {
                var b0 = TSimd.Load(panel);
                var b1 = TSimd.Load(panel + TSimd.Lanes);
                panel += 2 * TSimd.Lanes;
                var a = TSimd.Broadcast(a0[c]);
                s00 = TSimd.MultiplyAdd(a, b0, s00);
                s01 = TSimd.MultiplyAdd(a, b1, s01);
                a = TSimd.Broadcast(a1[c]);
                s10 = TSimd.MultiplyAdd(a, b0, s10);
                s11 = TSimd.MultiplyAdd(a, b1, s11);
                a = TSimd.Broadcast(a2[c]);
                s20 = TSimd.MultiplyAdd(a, b0, s20);
                s21 = TSimd.MultiplyAdd(a, b1, s21);
                a = TSimd.Broadcast(a3[c]);
                s30 = TSimd.MultiplyAdd(a, b0, s30);
                s31 = TSimd.MultiplyAdd(a, b1, s31);
            }
        }
        if (add)
        {
            s00 = TSimd.Add(s00, TSimd.Load(outputs[0] + offset));
            s01 = TSimd.Add(s01, TSimd.Load(outputs[0] + offset + TSimd.Lanes));
            s10 = TSimd.Add(s10, TSimd.Load(outputs[1] + offset));
            s11 = TSimd.Add(s11, TSimd.Load(outputs[1] + offset + TSimd.Lanes));
            s20 = TSimd.Add(s20, TSimd.Load(outputs[2] + offset));
            s21 = TSimd.Add(s21, TSimd.Load(outputs[2] + offset + TSimd.Lanes));
            s30 = TSimd.Add(s30, TSimd.Load(outputs[3] + offset));
            s31 = TSimd.Add(s31, TSimd.Load(outputs[3] + offset + TSimd.Lanes));
        }
        TSimd.Store(s00, outputs[0] + offset);
        TSimd.Store(s01, outputs[0] + offset + TSimd.Lanes);
        TSimd.Store(s10, outputs[1] + offset);
        TSimd.Store(s11, outputs[1] + offset + TSimd.Lanes);
        TSimd.Store(s20, outputs[2] + offset);
        TSimd.Store(s21, outputs[2] + offset + TSimd.Lanes);
        TSimd.Store(s30, outputs[3] + offset);
        TSimd.Store(s31, outputs[3] + offset + TSimd.Lanes);
    }
}

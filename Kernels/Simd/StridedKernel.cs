using System.Runtime.CompilerServices;

namespace LpcEngine.Kernels.Simd;

/// <summary>
/// <see cref="RowKernel{TVector, TSimd}"/> for rows at equal distances: without tables of addresses, for products short enough to feel
/// them.
/// </summary>
internal static unsafe class StridedKernel<TVector, TSimd> where TVector : struct where TSimd : struct, ISimd<TVector>
{
    /// <summary>output[i, …] = Σ over c of left[i, c] · panel[c, …], i = 0 … 7.</summary>
    /// <param name="vectors">The panel's width in vectors, 1 or 2.</param>
    /// <param name="left">First left row.</param>
    /// <param name="leftStride">Floats from one left row to the next.</param>
    /// <param name="depth">Length of the sums.</param>
    /// <param name="panel">Weights in the order [channel, lane].</param>
    /// <param name="output">Where the first output row's columns begin.</param>
    /// <param name="outputStride">Floats from one output row to the next.</param>
    public static void Run(int vectors, float* left, nint leftStride, int depth, float* panel, float* output, nint outputStride)
    {
        if (vectors == 1)
        {
            Rows8x1(left, leftStride, depth, panel, output, outputStride);
        }
        else if (SimdWidth.ManyRegisters)
        {
            Rows8x2(left, leftStride, depth, panel, output, outputStride);
        }
        else
        {
            Rows4x2(left, leftStride, depth, panel, output, outputStride);
            Rows4x2(left + 4 * leftStride, leftStride, depth, panel, output + 4 * outputStride, outputStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8x2(float* left, nint leftStride, int depth, float* panel, float* output, nint outputStride)
    {
        float* a0 = left, a1 = a0 + leftStride, a2 = a1 + leftStride, a3 = a2 + leftStride, a4 = a3 + leftStride, a5 = a4 + leftStride, a6 = a5 + leftStride, a7 = a6 + leftStride;
        TVector s00 = TSimd.Zero, s01 = TSimd.Zero;
        TVector s10 = TSimd.Zero, s11 = TSimd.Zero;
        TVector s20 = TSimd.Zero, s21 = TSimd.Zero;
        TVector s30 = TSimd.Zero, s31 = TSimd.Zero;
        TVector s40 = TSimd.Zero, s41 = TSimd.Zero;
        TVector s50 = TSimd.Zero, s51 = TSimd.Zero;
        TVector s60 = TSimd.Zero, s61 = TSimd.Zero;
        TVector s70 = TSimd.Zero, s71 = TSimd.Zero;
        for (nint c = 0; c < depth; c++)
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
        TSimd.Store(s00, output);
        TSimd.Store(s01, output + TSimd.Lanes);
        output += outputStride;
        TSimd.Store(s10, output);
        TSimd.Store(s11, output + TSimd.Lanes);
        output += outputStride;
        TSimd.Store(s20, output);
        TSimd.Store(s21, output + TSimd.Lanes);
        output += outputStride;
        TSimd.Store(s30, output);
        TSimd.Store(s31, output + TSimd.Lanes);
        output += outputStride;
        TSimd.Store(s40, output);
        TSimd.Store(s41, output + TSimd.Lanes);
        output += outputStride;
        TSimd.Store(s50, output);
        TSimd.Store(s51, output + TSimd.Lanes);
        output += outputStride;
        TSimd.Store(s60, output);
        TSimd.Store(s61, output + TSimd.Lanes);
        output += outputStride;
        TSimd.Store(s70, output);
        TSimd.Store(s71, output + TSimd.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8x1(float* left, nint leftStride, int depth, float* panel, float* output, nint outputStride)
    {
        float* a0 = left, a1 = a0 + leftStride, a2 = a1 + leftStride, a3 = a2 + leftStride, a4 = a3 + leftStride, a5 = a4 + leftStride, a6 = a5 + leftStride, a7 = a6 + leftStride;
        TVector s00 = TSimd.Zero;
        TVector s10 = TSimd.Zero;
        TVector s20 = TSimd.Zero;
        TVector s30 = TSimd.Zero;
        TVector s40 = TSimd.Zero;
        TVector s50 = TSimd.Zero;
        TVector s60 = TSimd.Zero;
        TVector s70 = TSimd.Zero;
        for (nint c = 0; c < depth; c++)
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
        TSimd.Store(s00, output);
        output += outputStride;
        TSimd.Store(s10, output);
        output += outputStride;
        TSimd.Store(s20, output);
        output += outputStride;
        TSimd.Store(s30, output);
        output += outputStride;
        TSimd.Store(s40, output);
        output += outputStride;
        TSimd.Store(s50, output);
        output += outputStride;
        TSimd.Store(s60, output);
        output += outputStride;
        TSimd.Store(s70, output);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4x2(float* left, nint leftStride, int depth, float* panel, float* output, nint outputStride)
    {
        float* a0 = left, a1 = a0 + leftStride, a2 = a1 + leftStride, a3 = a2 + leftStride;
        TVector s00 = TSimd.Zero, s01 = TSimd.Zero;
        TVector s10 = TSimd.Zero, s11 = TSimd.Zero;
        TVector s20 = TSimd.Zero, s21 = TSimd.Zero;
        TVector s30 = TSimd.Zero, s31 = TSimd.Zero;
        for (nint c = 0; c < depth; c++)
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
        TSimd.Store(s00, output);
        TSimd.Store(s01, output + TSimd.Lanes);
        output += outputStride;
        TSimd.Store(s10, output);
        TSimd.Store(s11, output + TSimd.Lanes);
        output += outputStride;
        TSimd.Store(s20, output);
        TSimd.Store(s21, output + TSimd.Lanes);
        output += outputStride;
        TSimd.Store(s30, output);
        TSimd.Store(s31, output + TSimd.Lanes);
    }
}

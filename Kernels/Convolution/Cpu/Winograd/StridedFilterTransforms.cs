using System.Runtime.CompilerServices;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>The maps of <see cref="StridedForm{TVector, TSimd}"/> between 3×3 taps and 36 filters.</summary>
/// <remarks>Filter 5·i + j holds point i along the columns and j along the rows, 25 + i and 30 + j those with the middle tap of the other axis, 35 the centre.</remarks>
internal static unsafe class StridedFilterTransforms<TVector, TSimd> where TVector : struct where TSimd : struct, ISimd<TVector>
{
    private const int Points = StridedPositions.Points, RowTap = Points * Points, ColumnTap = RowTap + Points, Centre = ColumnTap + Points;

    /// <summary>See <see cref="IWinogradForm.Filter"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Filter(float* taps, nint tapH, nint tapW, float* output, nint plane)
    {
        Column(taps, tapH, out var a0, out var a1, out var a2, out var a3, out var a4, out var a5);
        Column(taps + tapW, tapH, out var b0, out var b1, out var b2, out var b3, out var b4, out var b5);
        Column(taps + 2 * tapW, tapH, out var c0, out var c1, out var c2, out var c3, out var c4, out var c5);
        Row(a0, b0, c0, output, output + RowTap * plane, plane);
        Row(a1, b1, c1, output + 5 * plane, output + (RowTap + 1) * plane, plane);
        Row(a2, b2, c2, output + 10 * plane, output + (RowTap + 2) * plane, plane);
        Row(a3, b3, c3, output + 15 * plane, output + (RowTap + 3) * plane, plane);
        Row(a4, b4, c4, output + 20 * plane, output + (RowTap + 4) * plane, plane);
        Row(a5, b5, c5, output + ColumnTap * plane, output + Centre * plane, plane);
    }

    /// <summary>See <see cref="IWinogradGradientForm.FilterAdjoint"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FilterAdjoint(float* input, nint plane, float* taps, nint tap)
    {
        // along the rows: each row of points leaves its three taps at its first, second and own place for the middle tap
        for (var row = 0; row <= Points; row++)
        {
            var at = input + (row < Points ? row * Points : ColumnTap) * plane;
            StridedMaps<TVector, TSimd>.Gather(TSimd.Load(at), TSimd.Load(at + plane), TSimd.Load(at + 2 * plane), TSimd.Load(at + 3 * plane),
                TSimd.Load(at + 4 * plane), out var first, out var last);
            TSimd.Store(first, at);
            TSimd.Store(last, at + plane);
        }
        AdjointColumn(input, Points * plane, input + ColumnTap * plane, taps, tap);
        AdjointColumn(input + RowTap * plane, plane, input + Centre * plane, taps + tap, tap);
        AdjointColumn(input + plane, Points * plane, input + (ColumnTap + 1) * plane, taps + 2 * tap, tap);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AdjointColumn(float* points, nint step, float* middle, float* taps, nint tap)
    {
        StridedMaps<TVector, TSimd>.Gather(TSimd.Load(points), TSimd.Load(points + step), TSimd.Load(points + 2 * step), TSimd.Load(points + 3 * step),
            TSimd.Load(points + 4 * step), out var first, out var last);
        TSimd.Store(first, taps);
        TSimd.Store(TSimd.Load(middle), taps + 3 * tap);
        TSimd.Store(last, taps + 6 * tap);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Column(float* taps, nint tapH,
        out TVector u0, out TVector u1, out TVector u2, out TVector u3, out TVector u4, out TVector middle)
    {
        u4 = TSimd.Load(taps + 2 * tapH);
        middle = TSimd.Load(taps + tapH);
        StridedMaps<TVector, TSimd>.Expand(TSimd.Load(taps), u4, out u0, out u1, out u2, out u3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row(TVector g0, TVector g1, TVector g2, float* points, float* middle, nint plane)
    {
        StridedMaps<TVector, TSimd>.Expand(g0, g2, out var u0, out var u1, out var u2, out var u3);
        TSimd.Store(u0, points);
        TSimd.Store(u1, points + plane);
        TSimd.Store(u2, points + 2 * plane);
        TSimd.Store(u3, points + 3 * plane);
        TSimd.Store(g2, points + 4 * plane);
        TSimd.Store(g1, middle);
    }
}

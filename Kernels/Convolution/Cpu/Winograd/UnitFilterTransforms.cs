using System.Runtime.CompilerServices;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>
/// The maps of F(4×4, 3×3) between 3×3 taps and 36 positions (Lavin and Gray, arXiv:1509.09308, §4.3), for one vector of channels.
/// </summary>
internal static unsafe class UnitFilterTransforms<TVector, TSimd> where TVector : struct where TSimd : struct, ISimd<TVector>
{
    /// <summary>G g Gᵀ: 3×3 taps to 36 positions.</summary>
    /// <param name="taps">Tap 0.</param>
    /// <param name="tapH">Floats from one filter row to the next; negative for a filter turned round.</param>
    /// <param name="tapW">Floats from one filter column to the next.</param>
    /// <param name="output">Where position 0 goes.</param>
    /// <param name="plane">Floats from one position to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Filter(float* taps, nint tapH, nint tapW, float* output, nint plane)
    {
        FilterColumn(taps, tapH, out var a0, out var a1, out var a2, out var a3, out var a4, out var a5);
        FilterColumn(taps + tapW, tapH, out var b0, out var b1, out var b2, out var b3, out var b4, out var b5);
        FilterColumn(taps + 2 * tapW, tapH, out var c0, out var c1, out var c2, out var c3, out var c4, out var c5);
        FilterRow(a0, b0, c0, output, plane);
        FilterRow(a1, b1, c1, output + 6 * plane, plane);
        FilterRow(a2, b2, c2, output + 12 * plane, plane);
        FilterRow(a3, b3, c3, output + 18 * plane, plane);
        FilterRow(a4, b4, c4, output + 24 * plane, plane);
        FilterRow(a5, b5, c5, output + 30 * plane, plane);
    }

    /// <summary>Gᵀ u G, the adjoint of <see cref="Filter"/>: 36 positions to 3×3 taps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FilterAdjoint(float* input, nint plane, float* taps, nint tap)
    {
        for (var row = 0; row < 6; row++)
        {
            // three taps of this row of positions, added into the filter rows as G's column says
            var at = input + row * 6 * plane;
            Gather(TSimd.Load(at), TSimd.Load(at + plane), TSimd.Load(at + 2 * plane), TSimd.Load(at + 3 * plane), TSimd.Load(at + 4 * plane),
                TSimd.Load(at + 5 * plane), out var t0, out var t1, out var t2);
            TSimd.Store(t0, at);
            TSimd.Store(t1, at + plane);
            TSimd.Store(t2, at + 2 * plane);
        }
        for (var column = 0; column < 3; column++)
        {
            var at = input + column * plane;
            Gather(TSimd.Load(at), TSimd.Load(at + 6 * plane), TSimd.Load(at + 12 * plane), TSimd.Load(at + 18 * plane),
                TSimd.Load(at + 24 * plane), TSimd.Load(at + 30 * plane), out var t0, out var t1, out var t2);
            TSimd.Store(t0, taps + column * tap);
            TSimd.Store(t1, taps + (3 + column) * tap);
            TSimd.Store(t2, taps + (6 + column) * tap);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow(TVector z0, TVector z1, TVector z2, TVector z3, TVector z4, TVector z5, float* output, nint plane)
    {
        TSimd.Store(z0, output);
        TSimd.Store(z1, output + plane);
        TSimd.Store(z2, output + 2 * plane);
        TSimd.Store(z3, output + 3 * plane);
        TSimd.Store(z4, output + 4 * plane);
        TSimd.Store(z5, output + 5 * plane);
    }

    // G's rows: (1/4,0,0), −(1,±1,1)/6, (1,±2,4)/24, (0,0,1)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Expand(TVector g0, TVector g1, TVector g2,
        out TVector u0, out TVector u1, out TVector u2, out TVector u3, out TVector u4, out TVector u5)
    {
        var sixth = TSimd.Broadcast(-1f / 6);
        TVector even = TSimd.Multiply(sixth, TSimd.Add(g0, g2)), odd = TSimd.Multiply(sixth, g1);
        u0 = TSimd.Multiply(TSimd.Broadcast(0.25f), g0);
        u1 = TSimd.Add(even, odd);
        u2 = TSimd.Subtract(even, odd);
        even = TSimd.MultiplyAdd(TSimd.Broadcast(1f / 24), g0, TSimd.Multiply(TSimd.Broadcast(1f / 6), g2));
        odd = TSimd.Multiply(TSimd.Broadcast(1f / 12), g1);
        u3 = TSimd.Add(even, odd);
        u4 = TSimd.Subtract(even, odd);
        u5 = g2;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FilterColumn(float* taps, nint tapH,
        out TVector u0, out TVector u1, out TVector u2, out TVector u3, out TVector u4, out TVector u5) =>
        Expand(TSimd.Load(taps), TSimd.Load(taps + tapH), TSimd.Load(taps + 2 * tapH), out u0, out u1, out u2, out u3, out u4, out u5);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FilterRow(TVector g0, TVector g1, TVector g2, float* output, nint plane)
    {
        Expand(g0, g1, g2, out var u0, out var u1, out var u2, out var u3, out var u4, out var u5);
        StoreRow(u0, u1, u2, u3, u4, u5, output, plane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Gather(TVector u0, TVector u1, TVector u2, TVector u3, TVector u4, TVector u5, out TVector g0, out TVector g1, out TVector g2)
    {
        TVector s = TSimd.Add(u1, u2), d = TSimd.Subtract(u1, u2), t = TSimd.Add(u3, u4), e = TSimd.Subtract(u3, u4);
        var sixth = TSimd.Broadcast(-1f / 6);
        g0 = TSimd.MultiplyAdd(TSimd.Broadcast(0.25f), u0, TSimd.MultiplyAdd(sixth, s, TSimd.Multiply(TSimd.Broadcast(1f / 24), t)));
        g1 = TSimd.MultiplyAdd(sixth, d, TSimd.Multiply(TSimd.Broadcast(1f / 12), e));
        g2 = TSimd.Add(TSimd.MultiplyAdd(sixth, s, TSimd.Multiply(TSimd.Broadcast(1f / 6), t)), u5);
    }
}

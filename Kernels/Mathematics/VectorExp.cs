using System.Runtime.CompilerServices;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>eˣ and σ(x) = 1/(1 + e⁻ˣ) on vectors of any width; every width gives the same bits.</summary>
/// <remarks>
/// eˣ = 2ⁿ·eʳ with n = round(x/ln 2) and |r| ≤ ln 2/2; eʳ = 1 + r + r²·q(r), where q of degree 4 interpolates (eʳ − 1 − r)/r² at the
/// Chebyshev nodes of [−0.3466, 0.3466] (own computation in 50 digits). Largest error measured over floats of every exponent: 1.02 ulp for
/// eˣ, 2.17 ulp for σ (the test VectorExpAccuracy asserts 1.5 and 2.5).
/// </remarks>
internal static class VectorExp
{
    // 1.5·2²³: adding it leaves the nearest whole number in the lowest bits of the mantissa. Its own lowest nine bits are 0.
    private const float Rounder = 12582912f;
    private const float Log2E = 1.44269504f;

    // The last whole number whose exponential is a normal float.
    private const float Lowest = -87f;

    // ln 2 as the sum of two floats; n times the first is exact within a fused multiply-add.
    private const float Ln2High = 0.69314718246f;
    private const float Ln2Low = -1.9046542e-9f;

    /// <summary>eˣ for −87 ≤ x ≤ 88; 0 below, the value at 88 above. NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp<TVector, TSimd>(TVector x) where TVector : struct where TSimd : struct, ISimd<TVector> =>
        TSimd.WhereLess(
            x, TSimd.Broadcast(Lowest), TSimd.Zero, Clamped<TVector, TSimd>(TSimd.Max(TSimd.Broadcast(Lowest), TSimd.Min(TSimd.Broadcast(88f), x))));

    /// <summary>σ(x) for every x: with its relative accuracy down to x = −87, 0 below. NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Sigmoid<TVector, TSimd>(TVector x) where TVector : struct where TSimd : struct, ISimd<TVector> =>
        Sigmoid<TVector, TSimd>(x, Bounded<TVector, TSimd>(x));

    /// <summary>σ(x), for callers that have max(x, −87) at hand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Sigmoid<TVector, TSimd>(TVector x, TVector bounded) where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        // e⁸⁷ keeps the quotient a normal number; nothing is lost at x = +∞, where e⁻⁸⁷ vanishes beside 1.
        var e = Clamped<TVector, TSimd>(TSimd.Max(TSimd.Broadcast(Lowest), TSimd.Subtract(TSimd.Zero, bounded)));
        var sigmoid = TSimd.Divide(TSimd.Broadcast(1f), TSimd.Add(TSimd.Broadcast(1f), e));
        return TSimd.WhereLess(x, TSimd.Broadcast(Lowest), TSimd.Zero, sigmoid);
    }

    /// <summary>max(x, −87): below, σ is 0, and a product with it is 0 for this number though not for −∞.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Bounded<TVector, TSimd>(TVector x) where TVector : struct where TSimd : struct, ISimd<TVector> =>
        TSimd.Max(TSimd.Broadcast(Lowest), x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Clamped<TVector, TSimd>(TVector x) where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        var rounder = TSimd.Broadcast(Rounder);
        var whole = TSimd.MultiplyAdd(x, TSimd.Broadcast(Log2E), rounder);
        var n = TSimd.Subtract(whole, rounder);
        var r = TSimd.MultiplyAdd(n, TSimd.Broadcast(-Ln2High), x);
        r = TSimd.MultiplyAdd(n, TSimd.Broadcast(-Ln2Low), r);
        var q = TSimd.MultiplyAdd(TSimd.Broadcast(0.001392618181f), r, TSimd.Broadcast(0.00836317763f));
        q = TSimd.MultiplyAdd(q, r, TSimd.Broadcast(0.04166655463f));
        q = TSimd.MultiplyAdd(q, r, TSimd.Broadcast(0.16666577f));
        q = TSimd.MultiplyAdd(q, r, TSimd.Broadcast(0.5f));
        var p = TSimd.Add(TSimd.MultiplyAdd(TSimd.Multiply(r, r), q, r), TSimd.Broadcast(1f));
        return TSimd.Scale(p, whole);
    }
}

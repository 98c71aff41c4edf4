using System.Runtime.CompilerServices;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>The linear maps of F(2×2, 3×3) (Lavin and Gray, arXiv:1509.09308, §4.1, points 0, ±1, ∞), for one vector of channels.</summary>
internal static unsafe class SmallTransforms<TVector, TSimd> where TVector : struct where TSimd : struct, ISimd<TVector>
{
    /// <summary>See <see cref="IWinogradForm.Input"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input(float** pixels, nint channel, float* output, nint plane)
    {
        Difference(Pixel(pixels, 0, channel), Pixel(pixels, 4, channel), Pixel(pixels, 8, channel), Pixel(pixels, 12, channel),
            out var a0, out var a1, out var a2, out var a3);
        Difference(Pixel(pixels, 1, channel), Pixel(pixels, 5, channel), Pixel(pixels, 9, channel), Pixel(pixels, 13, channel),
            out var b0, out var b1, out var b2, out var b3);
        Difference(Pixel(pixels, 2, channel), Pixel(pixels, 6, channel), Pixel(pixels, 10, channel), Pixel(pixels, 14, channel),
            out var c0, out var c1, out var c2, out var c3);
        Difference(Pixel(pixels, 3, channel), Pixel(pixels, 7, channel), Pixel(pixels, 11, channel), Pixel(pixels, 15, channel),
            out var d0, out var d1, out var d2, out var d3);
        InputRow(a0, b0, c0, d0, output, plane);
        InputRow(a1, b1, c1, d1, output + 4 * plane, plane);
        InputRow(a2, b2, c2, d2, output + 8 * plane, plane);
        InputRow(a3, b3, c3, d3, output + 12 * plane, plane);
    }

    /// <summary>See <see cref="IWinogradForm.Output"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output(float* input, nint plane, float** pixels, nint channel)
    {
        OutputColumn(input, plane, out var a0, out var b0);
        OutputColumn(input + plane, plane, out var a1, out var b1);
        OutputColumn(input + 2 * plane, plane, out var a2, out var b2);
        OutputColumn(input + 3 * plane, plane, out var a3, out var b3);
        Combine(a0, a1, a2, a3, out var y0, out var y1);
        TSimd.Store(y0, pixels[0] + channel);
        TSimd.Store(y1, pixels[1] + channel);
        Combine(b0, b1, b2, b3, out y0, out y1);
        TSimd.Store(y0, pixels[2] + channel);
        TSimd.Store(y1, pixels[3] + channel);
    }

    /// <summary>See <see cref="IWinogradGradientForm.OutputAdjoint"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OutputAdjoint(float** pixels, nint channel, float* output, nint plane)
    {
        TVector a0 = Pixel(pixels, 0, channel), b0 = Pixel(pixels, 1, channel), a1 = Pixel(pixels, 2, channel), b1 = Pixel(pixels, 3, channel);
        AdjointRow(a0, b0, output, plane);
        AdjointRow(TSimd.Add(a0, a1), TSimd.Add(b0, b1), output + 4 * plane, plane);
        AdjointRow(TSimd.Subtract(a0, a1), TSimd.Subtract(b0, b1), output + 8 * plane, plane);
        AdjointRow(a1, b1, output + 12 * plane, plane);
    }

    /// <summary>See <see cref="IWinogradForm.Filter"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Filter(float* taps, nint tapH, nint tapW, float* output, nint plane)
    {
        FilterColumn(taps, tapH, out var a0, out var a1, out var a2, out var a3);
        FilterColumn(taps + tapW, tapH, out var b0, out var b1, out var b2, out var b3);
        FilterColumn(taps + 2 * tapW, tapH, out var c0, out var c1, out var c2, out var c3);
        FilterRow(a0, b0, c0, output, plane);
        FilterRow(a1, b1, c1, output + 4 * plane, plane);
        FilterRow(a2, b2, c2, output + 8 * plane, plane);
        FilterRow(a3, b3, c3, output + 12 * plane, plane);
    }

    /// <summary>See <see cref="IWinogradGradientForm.FilterAdjoint"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FilterAdjoint(float* input, nint plane, float* taps, nint tap)
    {
        for (var row = 0; row < 4; row++)
        {
            var at = input + row * 4 * plane;
            Gather(TSimd.Load(at), TSimd.Load(at + plane), TSimd.Load(at + 2 * plane), TSimd.Load(at + 3 * plane),
                out var t0, out var t1, out var t2);
            TSimd.Store(t0, at);
            TSimd.Store(t1, at + plane);
            TSimd.Store(t2, at + 2 * plane);
        }
        for (var column = 0; column < 3; column++)
        {
            var at = input + column * plane;
            Gather(TSimd.Load(at), TSimd.Load(at + 4 * plane), TSimd.Load(at + 8 * plane), TSimd.Load(at + 12 * plane),
                out var t0, out var t1, out var t2);
            TSimd.Store(t0, taps + column * tap);
            TSimd.Store(t1, taps + (3 + column) * tap);
            TSimd.Store(t2, taps + (6 + column) * tap);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Pixel(float** pixels, int index, nint channel) => TSimd.Load(pixels[index] + channel);

    // Bᵀ's rows: (1,0,−1,0), (0,1,1,0), (0,−1,1,0), (0,−1,0,1)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Difference(TVector d0, TVector d1, TVector d2, TVector d3,
        out TVector z0, out TVector z1, out TVector z2, out TVector z3)
    {
        z0 = TSimd.Subtract(d0, d2);
        z1 = TSimd.Add(d1, d2);
        z2 = TSimd.Subtract(d2, d1);
        z3 = TSimd.Subtract(d3, d1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputRow(TVector d0, TVector d1, TVector d2, TVector d3, float* output, nint plane)
    {
        Difference(d0, d1, d2, d3, out var z0, out var z1, out var z2, out var z3);
        TSimd.Store(z0, output);
        TSimd.Store(z1, output + plane);
        TSimd.Store(z2, output + 2 * plane);
        TSimd.Store(z3, output + 3 * plane);
    }

    // Aᵀ's rows: (1,1,1,0), (0,1,−1,1)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Combine(TVector m0, TVector m1, TVector m2, TVector m3, out TVector y0, out TVector y1)
    {
        y0 = TSimd.Add(m0, TSimd.Add(m1, m2));
        y1 = TSimd.Add(TSimd.Subtract(m1, m2), m3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputColumn(float* input, nint plane, out TVector y0, out TVector y1) =>
        Combine(TSimd.Load(input), TSimd.Load(input + 4 * plane), TSimd.Load(input + 8 * plane), TSimd.Load(input + 12 * plane), out y0, out y1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AdjointRow(TVector y0, TVector y1, float* output, nint plane)
    {
        TSimd.Store(y0, output);
        TSimd.Store(TSimd.Add(y0, y1), output + plane);
        TSimd.Store(TSimd.Subtract(y0, y1), output + 2 * plane);
        TSimd.Store(y1, output + 3 * plane);
    }

    // G's rows: (1,0,0), (1,±1,1)/2, (0,0,1)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Expand(TVector g0, TVector g1, TVector g2, out TVector u1, out TVector u2)
    {
        var half = TSimd.Broadcast(0.5f);
        TVector even = TSimd.Multiply(half, TSimd.Add(g0, g2)), odd = TSimd.Multiply(half, g1);
        u1 = TSimd.Add(even, odd);
        u2 = TSimd.Subtract(even, odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FilterColumn(float* taps, nint tapH, out TVector u0, out TVector u1, out TVector u2, out TVector u3)
    {
        (u0, u3) = (TSimd.Load(taps), TSimd.Load(taps + 2 * tapH));
        Expand(u0, TSimd.Load(taps + tapH), u3, out u1, out u2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FilterRow(TVector g0, TVector g1, TVector g2, float* output, nint plane)
    {
        Expand(g0, g1, g2, out var u1, out var u2);
        TSimd.Store(g0, output);
        TSimd.Store(u1, output + plane);
        TSimd.Store(u2, output + 2 * plane);
        TSimd.Store(g2, output + 3 * plane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Gather(TVector u0, TVector u1, TVector u2, TVector u3, out TVector g0, out TVector g1, out TVector g2)
    {
        var half = TSimd.Broadcast(0.5f);
        var even = TSimd.Multiply(half, TSimd.Add(u1, u2));
        g0 = TSimd.Add(u0, even);
        g1 = TSimd.Multiply(half, TSimd.Subtract(u1, u2));
        g2 = TSimd.Add(u3, even);
    }
}

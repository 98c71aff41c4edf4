using System.Runtime.CompilerServices;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>
/// The linear maps of F(4×4, 3×3) (Lavin and Gray, arXiv:1509.09308, §4.3, points 0, ±1, ±2, ∞), for one vector of channels.
/// </summary>
/// <remarks>
/// Every map is applied to columns, then to rows. Where half-done results would not fit the registers, the columns are read again instead
/// of storing them: two loads a cycle are cheaper than one store.
/// </remarks>
internal static unsafe class UnitTransforms<TVector, TSimd> where TVector : struct where TSimd : struct, ISimd<TVector>
{
    /// <summary>Bᵀ d B: 6×6 input pixels, given by address, to 36 positions.</summary>
    /// <param name="pixels">Addresses of the 36 pixels.</param>
    /// <param name="channel">First channel.</param>
    /// <param name="output">Where position 0 goes.</param>
    /// <param name="plane">Floats from one position to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input(float** pixels, nint channel, float* output, nint plane)
    {
        TVector c0 = InputOuter(pixels, channel), c1 = InputOuter(pixels + 1, channel), c2 = InputOuter(pixels + 2, channel);
        TVector c3 = InputOuter(pixels + 3, channel), c4 = InputOuter(pixels + 4, channel), c5 = InputOuter(pixels + 5, channel);
        InputRow(c0, c1, c2, c3, c4, c5, output, plane);
        InputMiddle(pixels, channel, output + 6 * plane, plane, -4, -4, 1);
        InputMiddle(pixels, channel, output + 18 * plane, plane, -1, -2, 2);
        pixels += 6; // the last row is the first one's map, one pixel further
        c0 = InputOuter(pixels, channel);
        c1 = InputOuter(pixels + 1, channel);
        c2 = InputOuter(pixels + 2, channel);
        c3 = InputOuter(pixels + 3, channel);
        c4 = InputOuter(pixels + 4, channel);
        c5 = InputOuter(pixels + 5, channel);
        InputRow(c0, c1, c2, c3, c4, c5, output + 30 * plane, plane);
    }

    /// <summary>Aᵀ m A: 36 positions to 4×4 output pixels, given by address.</summary>
    /// <param name="input">Position 0.</param>
    /// <param name="plane">Floats from one position to the next.</param>
    /// <param name="pixels">Addresses of the 16 pixels.</param>
    /// <param name="channel">First channel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output(float* input, nint plane, float** pixels, nint channel)
    {
        OutputColumn(input, plane, out var a0, out var b0, out var c0, out var d0);
        OutputColumn(input + plane, plane, out var a1, out var b1, out var c1, out var d1);
        OutputColumn(input + 2 * plane, plane, out var a2, out var b2, out var c2, out var d2);
        OutputColumn(input + 3 * plane, plane, out var a3, out var b3, out var c3, out var d3);
        OutputColumn(input + 4 * plane, plane, out var a4, out var b4, out var c4, out var d4);
        OutputColumn(input + 5 * plane, plane, out var a5, out var b5, out var c5, out var d5);
        OutputRow(a0, a1, a2, a3, a4, a5, pixels, channel);
        OutputRow(b0, b1, b2, b3, b4, b5, pixels + 4, channel);
        OutputRow(c0, c1, c2, c3, c4, c5, pixels + 8, channel);
        OutputRow(d0, d1, d2, d3, d4, d5, pixels + 12, channel);
    }

    /// <summary>A dy Aᵀ, the adjoint of <see cref="Output"/>: 4×4 pixels to 36 positions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OutputAdjoint(float** pixels, nint channel, float* output, nint plane)
    {
        Spread(Pixel(pixels, 0, channel), Pixel(pixels, 4, channel), Pixel(pixels, 8, channel), Pixel(pixels, 12, channel),
            out var a0, out var a1, out var a2, out var a3, out var a4, out var a5);
        Spread(Pixel(pixels, 1, channel), Pixel(pixels, 5, channel), Pixel(pixels, 9, channel), Pixel(pixels, 13, channel),
            out var b0, out var b1, out var b2, out var b3, out var b4, out var b5);
        Spread(Pixel(pixels, 2, channel), Pixel(pixels, 6, channel), Pixel(pixels, 10, channel), Pixel(pixels, 14, channel),
            out var c0, out var c1, out var c2, out var c3, out var c4, out var c5);
        Spread(Pixel(pixels, 3, channel), Pixel(pixels, 7, channel), Pixel(pixels, 11, channel), Pixel(pixels, 15, channel),
            out var d0, out var d1, out var d2, out var d3, out var d4, out var d5);
        SpreadRow(a0, b0, c0, d0, output, plane);
        SpreadRow(a1, b1, c1, d1, output + 6 * plane, plane);
        SpreadRow(a2, b2, c2, d2, output + 12 * plane, plane);
        SpreadRow(a3, b3, c3, d3, output + 18 * plane, plane);
        SpreadRow(a4, b4, c4, d4, output + 24 * plane, plane);
        SpreadRow(a5, b5, c5, d5, output + 30 * plane, plane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Pixel(float** pixels, int index, nint channel) => TSimd.Load(pixels[index] + channel);

    // 4·d0 − 5·d2 + d4
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Outer(TVector d0, TVector d2, TVector d4) =>
        TSimd.MultiplyAdd(TSimd.Broadcast(4), d0, TSimd.MultiplyAdd(TSimd.Broadcast(-5), d2, d4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector InputOuter(float** column, nint channel) =>
        Outer(Pixel(column, 0, channel), Pixel(column, 12, channel), Pixel(column, 24, channel));

    // Two rows that differ in one sign: (d4 + even·d2) ± (scale·d3 + odd·d1).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair(TVector d1, TVector d2, TVector d3, TVector d4, float even, float odd, float scale, out TVector plus, out TVector minus)
    {
        var sum = TSimd.MultiplyAdd(TSimd.Broadcast(even), d2, d4);
        var difference = TSimd.MultiplyAdd(TSimd.Broadcast(odd), d1, scale == 1 ? d3 : TSimd.Multiply(TSimd.Broadcast(scale), d3));
        plus = TSimd.Add(sum, difference);
        minus = TSimd.Subtract(sum, difference);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputPair(float** column, nint channel, float even, float odd, float scale, out TVector plus, out TVector minus) =>
        Pair(Pixel(column, 6, channel), Pixel(column, 12, channel), Pixel(column, 18, channel), Pixel(column, 24, channel), even, odd, scale, out plus, out minus);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputMiddle(float** pixels, nint channel, float* output, nint plane, float even, float odd, float scale)
    {
        InputPair(pixels, channel, even, odd, scale, out var p0, out var m0);
        InputPair(pixels + 1, channel, even, odd, scale, out var p1, out var m1);
        InputPair(pixels + 2, channel, even, odd, scale, out var p2, out var m2);
        InputPair(pixels + 3, channel, even, odd, scale, out var p3, out var m3);
        InputPair(pixels + 4, channel, even, odd, scale, out var p4, out var m4);
        InputPair(pixels + 5, channel, even, odd, scale, out var p5, out var m5);
        InputRow(p0, p1, p2, p3, p4, p5, output, plane);
        InputRow(m0, m1, m2, m3, m4, m5, output + 6 * plane, plane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputRow(TVector d0, TVector d1, TVector d2, TVector d3, TVector d4, TVector d5, float* output, nint plane)
    {
        TSimd.Store(Outer(d0, d2, d4), output);
        Pair(d1, d2, d3, d4, -4, -4, 1, out var plus, out var minus);
        TSimd.Store(plus, output + plane);
        TSimd.Store(minus, output + 2 * plane);
        Pair(d1, d2, d3, d4, -1, -2, 2, out plus, out minus);
        TSimd.Store(plus, output + 3 * plane);
        TSimd.Store(minus, output + 4 * plane);
        TSimd.Store(Outer(d1, d3, d5), output + 5 * plane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Combine(TVector m0, TVector m1, TVector m2, TVector m3, TVector m4, TVector m5,
        out TVector y0, out TVector y1, out TVector y2, out TVector y3)
    {
        TVector s = TSimd.Add(m1, m2), d = TSimd.Subtract(m1, m2), t = TSimd.Add(m3, m4), e = TSimd.Subtract(m3, m4);
        y0 = TSimd.Add(TSimd.Add(m0, s), t);
        y1 = TSimd.MultiplyAdd(TSimd.Broadcast(2), e, d);
        y2 = TSimd.MultiplyAdd(TSimd.Broadcast(4), t, s);
        y3 = TSimd.Add(TSimd.MultiplyAdd(TSimd.Broadcast(8), e, d), m5);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputColumn(float* input, nint plane, out TVector y0, out TVector y1, out TVector y2, out TVector y3) =>
        Combine(TSimd.Load(input), TSimd.Load(input + 6 * plane), TSimd.Load(input + 12 * plane), TSimd.Load(input + 18 * plane),
            TSimd.Load(input + 24 * plane), TSimd.Load(input + 30 * plane), out y0, out y1, out y2, out y3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputRow(TVector m0, TVector m1, TVector m2, TVector m3, TVector m4, TVector m5, float** pixels, nint channel)
    {
        Combine(m0, m1, m2, m3, m4, m5, out var y0, out var y1, out var y2, out var y3);
        TSimd.Store(y0, pixels[0] + channel);
        TSimd.Store(y1, pixels[1] + channel);
        TSimd.Store(y2, pixels[2] + channel);
        TSimd.Store(y3, pixels[3] + channel);
    }

    // Aᵀ's columns: (1,0,0,0), (1,±1,1,±1), (1,±2,4,±8), (0,0,0,1)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread(TVector y0, TVector y1, TVector y2, TVector y3,
        out TVector z0, out TVector z1, out TVector z2, out TVector z3, out TVector z4, out TVector z5)
    {
        TVector even = TSimd.Add(y0, y2), odd = TSimd.Add(y1, y3);
        z0 = y0;
        z1 = TSimd.Add(even, odd);
        z2 = TSimd.Subtract(even, odd);
        even = TSimd.MultiplyAdd(TSimd.Broadcast(4), y2, y0);
        odd = TSimd.MultiplyAdd(TSimd.Broadcast(8), y3, TSimd.Add(y1, y1));
        z3 = TSimd.Add(even, odd);
        z4 = TSimd.Subtract(even, odd);
        z5 = y3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SpreadRow(TVector y0, TVector y1, TVector y2, TVector y3, float* output, nint plane)
    {
        Spread(y0, y1, y2, y3, out var z0, out var z1, out var z2, out var z3, out var z4, out var z5);
        StoreRow(z0, z1, z2, z3, z4, z5, output, plane);
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
}

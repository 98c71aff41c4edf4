using System.Runtime.CompilerServices;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>The maps of <see cref="StridedGradientForm{TVector, TSimd}"/> between pixels and 81 positions.</summary>
/// <remarks>
/// Of the eight outputs along an axis, 0 2 4 6 are single taps of the gradients 0 to 3; 1 3 5 7 are F(4, 2) of all five gradients.
/// </remarks>
internal static unsafe class StridedGradientTransforms<TVector, TSimd> where TVector : struct where TSimd : struct, ISimd<TVector>
{
    private const int Side = 5, OutputSide = 8, Points = StridedPositions.Points, Taps = StridedPositions.Outputs;

    /// <summary>See <see cref="IWinogradForm.Input"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input(float** pixels, nint channel, float* output, nint plane)
    {
        InputOnes(pixels, channel, out var a0, out var b0);
        InputOnes(pixels + 1, channel, out var a1, out var b1);
        InputOnes(pixels + 2, channel, out var a2, out var b2);
        InputOnes(pixels + 3, channel, out var a3, out var b3);
        InputOnes(pixels + 4, channel, out var a4, out var b4);
        Row(a0, a1, a2, a3, a4, output, plane, output + StridedPositions.RowTaps * plane, plane);
        Row(b0, b1, b2, b3, b4, output + Points * plane, plane, output + (StridedPositions.RowTaps + Taps) * plane, plane);
        InputHalves(pixels, channel, out a0, out b0);
        InputHalves(pixels + 1, channel, out a1, out b1);
        InputHalves(pixels + 2, channel, out a2, out b2);
        InputHalves(pixels + 3, channel, out a3, out b3);
        InputHalves(pixels + 4, channel, out a4, out b4);
        Row(a0, a1, a2, a3, a4, output + 2 * Points * plane, plane, output + (StridedPositions.RowTaps + 2 * Taps) * plane, plane);
        Row(b0, b1, b2, b3, b4, output + 3 * Points * plane, plane, output + (StridedPositions.RowTaps + 3 * Taps) * plane, plane);
        Row(InputLast(pixels, channel), InputLast(pixels + 1, channel), InputLast(pixels + 2, channel), InputLast(pixels + 3, channel),
            InputLast(pixels + 4, channel), output + 4 * Points * plane, plane, output + (StridedPositions.RowTaps + 4 * Taps) * plane, plane);
        for (var p = 0; p < Taps; p++, pixels += Side)
        {
            Row(Pixel(pixels, 0, channel), Pixel(pixels, 1, channel), Pixel(pixels, 2, channel), Pixel(pixels, 3, channel), Pixel(pixels, 4, channel),
                output + (StridedPositions.ColumnTaps + p) * plane, Taps * plane, output + (StridedPositions.Centres + p * Taps) * plane, plane);
        }
    }

    /// <summary>See <see cref="IWinogradForm.Output"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output(float* input, nint plane, float** pixels, nint channel)
    {
        float* single = input + StridedPositions.RowTaps * plane;
        nint step = Points * plane, singleStep = Taps * plane;
        OutputEven(input, step, out var a0, out var b0);
        OutputEven(input + plane, step, out var a1, out var b1);
        OutputEven(input + 2 * plane, step, out var a2, out var b2);
        OutputEven(input + 3 * plane, step, out var a3, out var b3);
        OutputEven(input + 4 * plane, step, out var a4, out var b4);
        OutputEven(single, singleStep, out var a5, out var b5);
        OutputEven(single + plane, singleStep, out var a6, out var b6);
        OutputEven(single + 2 * plane, singleStep, out var a7, out var b7);
        OutputEven(single + 3 * plane, singleStep, out var a8, out var b8);
        OutputRow(a0, a1, a2, a3, a4, a5, a6, a7, a8, pixels + OutputSide, channel);
        OutputRow(b0, b1, b2, b3, b4, b5, b6, b7, b8, pixels + 5 * OutputSide, channel);
        OutputOdd(input, step, out a0, out b0);
        OutputOdd(input + plane, step, out a1, out b1);
        OutputOdd(input + 2 * plane, step, out a2, out b2);
        OutputOdd(input + 3 * plane, step, out a3, out b3);
        OutputOdd(input + 4 * plane, step, out a4, out b4);
        OutputOdd(single, singleStep, out a5, out b5);
        OutputOdd(single + plane, singleStep, out a6, out b6);
        OutputOdd(single + 2 * plane, singleStep, out a7, out b7);
        OutputOdd(single + 3 * plane, singleStep, out a8, out b8);
        OutputRow(a0, a1, a2, a3, a4, a5, a6, a7, a8, pixels + 3 * OutputSide, channel);
        OutputRow(b0, b1, b2, b3, b4, b5, b6, b7, b8, pixels + 7 * OutputSide, channel);
        float* tap = input + StridedPositions.ColumnTaps * plane, centre = input + StridedPositions.Centres * plane;
        for (var p = 0; p < Taps; p++, tap += plane, centre += singleStep)
        {
            OutputRow(TSimd.Load(tap), TSimd.Load(tap + singleStep), TSimd.Load(tap + 2 * singleStep), TSimd.Load(tap + 3 * singleStep),
                TSimd.Load(tap + 4 * singleStep), TSimd.Load(centre), TSimd.Load(centre + plane), TSimd.Load(centre + 2 * plane),
                TSimd.Load(centre + 3 * plane), pixels + 2 * p * OutputSide, channel);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Pixel(float** pixels, int index, nint channel) => TSimd.Load(pixels[index] + channel);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputOnes(float** column, nint channel, out TVector plus, out TVector minus) => StridedMaps<TVector, TSimd>.InputOnes(
        Pixel(column, 0, channel), Pixel(column, Side, channel), Pixel(column, 2 * Side, channel), Pixel(column, 3 * Side, channel), out plus, out minus);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputHalves(float** column, nint channel, out TVector plus, out TVector minus) => StridedMaps<TVector, TSimd>.InputHalves(
        Pixel(column, 0, channel), Pixel(column, Side, channel), Pixel(column, 2 * Side, channel), Pixel(column, 3 * Side, channel), out plus, out minus);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector InputLast(float** column, nint channel) =>
        StridedMaps<TVector, TSimd>.InputLast(Pixel(column, 0, channel), Pixel(column, 2 * Side, channel), Pixel(column, 4 * Side, channel));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row(TVector d0, TVector d1, TVector d2, TVector d3, TVector d4, float* pair, nint pairStep, float* single, nint singleStep)
    {
        StridedMaps<TVector, TSimd>.InputOnes(d0, d1, d2, d3, out var plus, out var minus);
        TSimd.Store(plus, pair);
        TSimd.Store(minus, pair + pairStep);
        StridedMaps<TVector, TSimd>.InputHalves(d0, d1, d2, d3, out plus, out minus);
        TSimd.Store(plus, pair + 2 * pairStep);
        TSimd.Store(minus, pair + 3 * pairStep);
        TSimd.Store(StridedMaps<TVector, TSimd>.InputLast(d0, d2, d4), pair + 4 * pairStep);
        TSimd.Store(d0, single);
        TSimd.Store(d1, single + singleStep);
        TSimd.Store(d2, single + 2 * singleStep);
        TSimd.Store(d3, single + 3 * singleStep);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputEven(float* points, nint step, out TVector y0, out TVector y2) => StridedMaps<TVector, TSimd>.OutputEven(
        TSimd.Load(points), TSimd.Load(points + step), TSimd.Load(points + 2 * step), TSimd.Load(points + 3 * step), out y0, out y2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputOdd(float* points, nint step, out TVector y1, out TVector y3) => StridedMaps<TVector, TSimd>.OutputOdd(
        TSimd.Load(points), TSimd.Load(points + step), TSimd.Load(points + 2 * step), TSimd.Load(points + 3 * step), TSimd.Load(points + 4 * step),
        out y1, out y3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputRow(TVector m0, TVector m1, TVector m2, TVector m3, TVector m4, TVector t0, TVector t1, TVector t2, TVector t3,
        float** pixels, nint channel)
    {
        StridedMaps<TVector, TSimd>.OutputEven(m0, m1, m2, m3, out var y0, out var y2);
        StridedMaps<TVector, TSimd>.OutputOdd(m0, m1, m2, m3, m4, out var y1, out var y3);
        TSimd.Store(t0, pixels[0] + channel);
        TSimd.Store(y0, pixels[1] + channel);
        TSimd.Store(t1, pixels[2] + channel);
        TSimd.Store(y1, pixels[3] + channel);
        TSimd.Store(t2, pixels[4] + channel);
        TSimd.Store(y2, pixels[5] + channel);
        TSimd.Store(t3, pixels[6] + channel);
        TSimd.Store(y3, pixels[7] + channel);
    }
}

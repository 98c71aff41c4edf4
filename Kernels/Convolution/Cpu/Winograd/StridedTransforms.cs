using System.Runtime.CompilerServices;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>The maps of <see cref="StridedForm{TVector, TSimd}"/> between pixels and 81 positions.</summary>
/// <remarks>
/// Every map is applied to columns, then to rows, for as many rows at a time as the registers hold; pixels are read again rather than stored.
/// Of the nine inputs along an axis, 0 2 4 6 8 belong to the pair of taps and 1 3 5 7 to the single one.
/// </remarks>
internal static unsafe class StridedTransforms<TVector, TSimd> where TVector : struct where TSimd : struct, ISimd<TVector>
{
    private const int Side = 9, Points = StridedPositions.Points, Outputs = StridedPositions.Outputs;

    /// <summary>See <see cref="IWinogradForm.Input"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input(float** pixels, nint channel, float* output, nint plane)
    {
        InputOnes(pixels, 0, channel, out var a0, out var b0);
        InputOnes(pixels, 1, channel, out var a1, out var b1);
        InputOnes(pixels, 2, channel, out var a2, out var b2);
        InputOnes(pixels, 3, channel, out var a3, out var b3);
        InputOnes(pixels, 4, channel, out var a4, out var b4);
        InputOnes(pixels, 5, channel, out var a5, out var b5);
        InputOnes(pixels, 6, channel, out var a6, out var b6);
        InputOnes(pixels, 7, channel, out var a7, out var b7);
        InputOnes(pixels, 8, channel, out var a8, out var b8);
        PointRow(a0, a1, a2, a3, a4, a5, a6, a7, a8, output, plane, 0);
        PointRow(b0, b1, b2, b3, b4, b5, b6, b7, b8, output, plane, 1);
        InputHalves(pixels, 0, channel, out a0, out b0);
        InputHalves(pixels, 1, channel, out a1, out b1);
        InputHalves(pixels, 2, channel, out a2, out b2);
        InputHalves(pixels, 3, channel, out a3, out b3);
        InputHalves(pixels, 4, channel, out a4, out b4);
        InputHalves(pixels, 5, channel, out a5, out b5);
        InputHalves(pixels, 6, channel, out a6, out b6);
        InputHalves(pixels, 7, channel, out a7, out b7);
        InputHalves(pixels, 8, channel, out a8, out b8);
        PointRow(a0, a1, a2, a3, a4, a5, a6, a7, a8, output, plane, 2);
        PointRow(b0, b1, b2, b3, b4, b5, b6, b7, b8, output, plane, 3);
        PointRow(InputLast(pixels, 0, channel), InputLast(pixels, 1, channel), InputLast(pixels, 2, channel), InputLast(pixels, 3, channel),
            InputLast(pixels, 4, channel), InputLast(pixels, 5, channel), InputLast(pixels, 6, channel), InputLast(pixels, 7, channel),
            InputLast(pixels, 8, channel), output, plane, 4);
        for (var p = 0; p < Outputs; p++)
        {
            var row = pixels + (2 * p + 1) * Side;
            TapRow(Pixel(row, 0, channel), Pixel(row, 1, channel), Pixel(row, 2, channel), Pixel(row, 3, channel), Pixel(row, 4, channel),
                Pixel(row, 5, channel), Pixel(row, 6, channel), Pixel(row, 7, channel), Pixel(row, 8, channel), output, plane, p);
        }
    }

    /// <summary>See <see cref="IWinogradForm.Output"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output(float* input, nint plane, float** pixels, nint channel)
    {
        // positions along the columns: the points of column j lie 5 planes apart, those of the single tap q 4 planes apart
        float* pair = input, single = input + StridedPositions.RowTaps * plane, tap = input + StridedPositions.ColumnTaps * plane;
        float* centre = input + StridedPositions.Centres * plane;
        nint step = Points * plane, singleStep = Outputs * plane;

        OutputEven(pair, step, tap, 2 * plane, out var a0, out var b0);
        OutputEven(pair + plane, step, tap + singleStep, 2 * plane, out var a1, out var b1);
        OutputEven(pair + 2 * plane, step, tap + 2 * singleStep, 2 * plane, out var a2, out var b2);
        OutputEven(pair + 3 * plane, step, tap + 3 * singleStep, 2 * plane, out var a3, out var b3);
        OutputEven(pair + 4 * plane, step, tap + 4 * singleStep, 2 * plane, out var a4, out var b4);
        OutputEven(single, singleStep, centre, 2 * singleStep, out var a5, out var b5);
        OutputEven(single + plane, singleStep, centre + plane, 2 * singleStep, out var a6, out var b6);
        OutputEven(single + 2 * plane, singleStep, centre + 2 * plane, 2 * singleStep, out var a7, out var b7);
        OutputEven(single + 3 * plane, singleStep, centre + 3 * plane, 2 * singleStep, out var a8, out var b8);
        OutputRow(a0, a1, a2, a3, a4, a5, a6, a7, a8, pixels, channel);
        OutputRow(b0, b1, b2, b3, b4, b5, b6, b7, b8, pixels + 2 * Outputs, channel);

        tap += plane;
        centre += singleStep;
        OutputOdd(pair, step, tap, 2 * plane, out a0, out b0);
        OutputOdd(pair + plane, step, tap + singleStep, 2 * plane, out a1, out b1);
        OutputOdd(pair + 2 * plane, step, tap + 2 * singleStep, 2 * plane, out a2, out b2);
        OutputOdd(pair + 3 * plane, step, tap + 3 * singleStep, 2 * plane, out a3, out b3);
        OutputOdd(pair + 4 * plane, step, tap + 4 * singleStep, 2 * plane, out a4, out b4);
        OutputOdd(single, singleStep, centre, 2 * singleStep, out a5, out b5);
        OutputOdd(single + plane, singleStep, centre + plane, 2 * singleStep, out a6, out b6);
        OutputOdd(single + 2 * plane, singleStep, centre + 2 * plane, 2 * singleStep, out a7, out b7);
        OutputOdd(single + 3 * plane, singleStep, centre + 3 * plane, 2 * singleStep, out a8, out b8);
        OutputRow(a0, a1, a2, a3, a4, a5, a6, a7, a8, pixels + Outputs, channel);
        OutputRow(b0, b1, b2, b3, b4, b5, b6, b7, b8, pixels + 3 * Outputs, channel);
    }

    /// <summary>See <see cref="IWinogradGradientForm.OutputAdjoint"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OutputAdjoint(float** pixels, nint channel, float* output, nint plane)
    {
        Spread(pixels, channel, out var a0, out var a1, out var a2, out var a3);
        Spread(pixels + 1, channel, out var b0, out var b1, out var b2, out var b3);
        Spread(pixels + 2, channel, out var c0, out var c1, out var c2, out var c3);
        Spread(pixels + 3, channel, out var d0, out var d1, out var d2, out var d3);
        AdjointPointRow(a0, b0, c0, d0, output, plane, 0);
        AdjointPointRow(a1, b1, c1, d1, output, plane, 1);
        AdjointPointRow(a2, b2, c2, d2, output, plane, 2);
        AdjointPointRow(a3, b3, c3, d3, output, plane, 3);
        AdjointPointRow(Pixel(pixels, 12, channel), Pixel(pixels, 13, channel), Pixel(pixels, 14, channel), Pixel(pixels, 15, channel), output, plane, 4);
        for (var p = 0; p < Outputs; p++, pixels += Outputs)
        {
            TVector y0 = Pixel(pixels, 0, channel), y1 = Pixel(pixels, 1, channel), y2 = Pixel(pixels, 2, channel), y3 = Pixel(pixels, 3, channel);
            StridedMaps<TVector, TSimd>.Spread(y0, y1, y2, y3, out var z0, out var z1, out var z2, out var z3);
            StoreTapRow(z0, z1, z2, z3, y3, y0, y1, y2, y3, output, plane, p);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Pixel(float** pixels, int index, nint channel) => TSimd.Load(pixels[index] + channel);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputOnes(float** pixels, int column, nint channel, out TVector plus, out TVector minus) => StridedMaps<TVector, TSimd>.InputOnes(
        Pixel(pixels, column, channel), Pixel(pixels, 2 * Side + column, channel), Pixel(pixels, 4 * Side + column, channel),
        Pixel(pixels, 6 * Side + column, channel), out plus, out minus);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputHalves(float** pixels, int column, nint channel, out TVector plus, out TVector minus) => StridedMaps<TVector, TSimd>.InputHalves(
        Pixel(pixels, column, channel), Pixel(pixels, 2 * Side + column, channel), Pixel(pixels, 4 * Side + column, channel),
        Pixel(pixels, 6 * Side + column, channel), out plus, out minus);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector InputLast(float** pixels, int column, nint channel) => StridedMaps<TVector, TSimd>.InputLast(
        Pixel(pixels, column, channel), Pixel(pixels, 4 * Side + column, channel), Pixel(pixels, 8 * Side + column, channel));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PointRow(TVector d0, TVector d1, TVector d2, TVector d3, TVector d4, TVector d5, TVector d6, TVector d7, TVector d8,
        float* output, nint plane, int point)
    {
        float* pair = output + point * Points * plane, single = output + (StridedPositions.RowTaps + point * Outputs) * plane;
        StridedMaps<TVector, TSimd>.InputOnes(d0, d2, d4, d6, out var plus, out var minus);
        TSimd.Store(plus, pair);
        TSimd.Store(minus, pair + plane);
        StridedMaps<TVector, TSimd>.InputHalves(d0, d2, d4, d6, out plus, out minus);
        TSimd.Store(plus, pair + 2 * plane);
        TSimd.Store(minus, pair + 3 * plane);
        TSimd.Store(StridedMaps<TVector, TSimd>.InputLast(d0, d4, d8), pair + 4 * plane);
        TSimd.Store(d1, single);
        TSimd.Store(d3, single + plane);
        TSimd.Store(d5, single + 2 * plane);
        TSimd.Store(d7, single + 3 * plane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TapRow(TVector d0, TVector d1, TVector d2, TVector d3, TVector d4, TVector d5, TVector d6, TVector d7, TVector d8,
        float* output, nint plane, int p)
    {
        StridedMaps<TVector, TSimd>.InputOnes(d0, d2, d4, d6, out var z0, out var z1);
        StridedMaps<TVector, TSimd>.InputHalves(d0, d2, d4, d6, out var z2, out var z3);
        StoreTapRow(z0, z1, z2, z3, StridedMaps<TVector, TSimd>.InputLast(d0, d4, d8), d1, d3, d5, d7, output, plane, p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreTapRow(TVector z0, TVector z1, TVector z2, TVector z3, TVector z4, TVector t0, TVector t1, TVector t2, TVector t3,
        float* output, nint plane, int p)
    {
        float* pair = output + (StridedPositions.ColumnTaps + p) * plane, single = output + (StridedPositions.Centres + p * Outputs) * plane;
        TSimd.Store(z0, pair);
        TSimd.Store(z1, pair + 4 * plane);
        TSimd.Store(z2, pair + 8 * plane);
        TSimd.Store(z3, pair + 12 * plane);
        TSimd.Store(z4, pair + 16 * plane);
        TSimd.Store(t0, single);
        TSimd.Store(t1, single + plane);
        TSimd.Store(t2, single + 2 * plane);
        TSimd.Store(t3, single + 3 * plane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputEven(float* points, nint step, float* tap, nint tapStep, out TVector y0, out TVector y2)
    {
        StridedMaps<TVector, TSimd>.OutputEven(TSimd.Load(points), TSimd.Load(points + step), TSimd.Load(points + 2 * step), TSimd.Load(points + 3 * step),
            out y0, out y2);
        y0 = TSimd.Add(y0, TSimd.Load(tap));
        y2 = TSimd.Add(y2, TSimd.Load(tap + tapStep));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputOdd(float* points, nint step, float* tap, nint tapStep, out TVector y1, out TVector y3)
    {
        StridedMaps<TVector, TSimd>.OutputOdd(TSimd.Load(points), TSimd.Load(points + step), TSimd.Load(points + 2 * step), TSimd.Load(points + 3 * step),
            TSimd.Load(points + 4 * step), out y1, out y3);
        y1 = TSimd.Add(y1, TSimd.Load(tap));
        y3 = TSimd.Add(y3, TSimd.Load(tap + tapStep));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputRow(TVector m0, TVector m1, TVector m2, TVector m3, TVector m4, TVector t0, TVector t1, TVector t2, TVector t3,
        float** pixels, nint channel)
    {
        StridedMaps<TVector, TSimd>.OutputEven(m0, m1, m2, m3, out var y0, out var y2);
        StridedMaps<TVector, TSimd>.OutputOdd(m0, m1, m2, m3, m4, out var y1, out var y3);
        TSimd.Store(TSimd.Add(y0, t0), pixels[0] + channel);
        TSimd.Store(TSimd.Add(y1, t1), pixels[1] + channel);
        TSimd.Store(TSimd.Add(y2, t2), pixels[2] + channel);
        TSimd.Store(TSimd.Add(y3, t3), pixels[3] + channel);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread(float** pixels, nint channel, out TVector z0, out TVector z1, out TVector z2, out TVector z3) => StridedMaps<TVector, TSimd>.Spread(
        Pixel(pixels, 0, channel), Pixel(pixels, 4, channel), Pixel(pixels, 8, channel), Pixel(pixels, 12, channel), out z0, out z1, out z2, out z3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AdjointPointRow(TVector y0, TVector y1, TVector y2, TVector y3, float* output, nint plane, int point)
    {
        float* pair = output + point * Points * plane, single = output + (StridedPositions.RowTaps + point * Outputs) * plane;
        StridedMaps<TVector, TSimd>.Spread(y0, y1, y2, y3, out var z0, out var z1, out var z2, out var z3);
        TSimd.Store(z0, pair);
        TSimd.Store(z1, pair + plane);
        TSimd.Store(z2, pair + 2 * plane);
        TSimd.Store(z3, pair + 3 * plane);
        TSimd.Store(y3, pair + 4 * plane);
        TSimd.Store(y0, single);
        TSimd.Store(y1, single + plane);
        TSimd.Store(y2, single + 2 * plane);
        TSimd.Store(y3, single + 3 * plane);
    }
}

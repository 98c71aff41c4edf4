using System.Runtime.CompilerServices;

namespace LpcEngine.Kernels.Simd;

/// <summary>
/// The inner loop of every product that sums over pixels (weight gradients): 8 columns of the left side times 2 vectors of the right.
/// </summary>
/// <remarks>
/// The left operand is used transposed without being transposed: of each row eight neighbouring values are broadcast, so that both sides
/// are read in the order in which they lie. Left rows are given by address for the same reason as in <see cref="RowKernel{TVector,
/// TSimd}"/>.
/// </remarks>
internal static unsafe class ColumnKernel<TVector, TSimd> where TVector : struct where TSimd : struct, ISimd<TVector>
{
    /// <summary>sums[i, …] (+)= Σ over r of rows[r][column + i] · right[r, …], i = 0 … 7.</summary>
    /// <param name="vectors">Width in vectors, 1 or 2.</param>
    /// <param name="rows">Left rows.</param>
    /// <param name="column">First of the eight columns.</param>
    /// <param name="right">Right rows.</param>
    /// <param name="rightStride">Floats from one right row to the next.</param>
    /// <param name="count">How many rows are summed.</param>
    /// <param name="sums">The eight rows of sums.</param>
    /// <param name="sumStride">Floats from one row of sums to the next.</param>
    /// <param name="add">Whether the sums' old content is added to.</param>
    public static void Run(int vectors, float** rows, nint column, float* right, nint rightStride, int count, float* sums, nint sumStride, bool add)
    {
        if (vectors == 1)
        {
            Columns8x1(rows, column, right, rightStride, count, sums, sumStride, add);
        }
        else if (SimdWidth.ManyRegisters)
        {
            Columns8x2(rows, column, right, rightStride, count, sums, sumStride, add);
        }
        else
        {
            Columns4x2(rows, column, right, rightStride, count, sums, sumStride, add);
            Columns4x2(rows, column + 4, right, rightStride, count, sums + 4 * sumStride, sumStride, add);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns8x2(float** rows, nint column, float* right, nint rightStride, int count, float* sums, nint sumStride, bool add)
    {
        TVector s00 = TSimd.Zero, s01 = TSimd.Zero;
        TVector s10 = TSimd.Zero, s11 = TSimd.Zero;
        TVector s20 = TSimd.Zero, s21 = TSimd.Zero;
        TVector s30 = TSimd.Zero, s31 = TSimd.Zero;
        TVector s40 = TSimd.Zero, s41 = TSimd.Zero;
        TVector s50 = TSimd.Zero, s51 = TSimd.Zero;
        TVector s60 = TSimd.Zero, s61 = TSimd.Zero;
        TVector s70 = TSimd.Zero, s71 = TSimd.Zero;
        for (var end = rows + count; rows < end; rows++, right += rightStride)
        {
            var left = *rows + column;
            var b0 = TSimd.Load(right);
            var b1 = TSimd.Load(right + TSimd.Lanes);
            var a = TSimd.Broadcast(left[0]);
            s00 = TSimd.MultiplyAdd(a, b0, s00);
            s01 = TSimd.MultiplyAdd(a, b1, s01);
            a = TSimd.Broadcast(left[1]);
            s10 = TSimd.MultiplyAdd(a, b0, s10);
            s11 = TSimd.MultiplyAdd(a, b1, s11);
            a = TSimd.Broadcast(left[2]);
            s20 = TSimd.MultiplyAdd(a, b0, s20);
            s21 = TSimd.MultiplyAdd(a, b1, s21);
            a = TSimd.Broadcast(left[3]);
            s30 = TSimd.MultiplyAdd(a, b0, s30);
            s31 = TSimd.MultiplyAdd(a, b1, s31);
            a = TSimd.Broadcast(left[4]);
            s40 = TSimd.MultiplyAdd(a, b0, s40);
            s41 = TSimd.MultiplyAdd(a, b1, s41);
            a = TSimd.Broadcast(left[5]);
            s50 = TSimd.MultiplyAdd(a, b0, s50);
            s51 = TSimd.MultiplyAdd(a, b1, s51);
            a = TSimd.Broadcast(left[6]);
            s60 = TSimd.MultiplyAdd(a, b0, s60);
            s61 = TSimd.MultiplyAdd(a, b1, s61);
            a = TSimd.Broadcast(left[7]);
            s70 = TSimd.MultiplyAdd(a, b0, s70);
            s71 = TSimd.MultiplyAdd(a, b1, s71);
        }
        if (add)
        {
            var s = sums;
            s00 = TSimd.Add(s00, TSimd.Load(s));
            s01 = TSimd.Add(s01, TSimd.Load(s + TSimd.Lanes));
            s += sumStride;
            s10 = TSimd.Add(s10, TSimd.Load(s));
            s11 = TSimd.Add(s11, TSimd.Load(s + TSimd.Lanes));
            s += sumStride;
            s20 = TSimd.Add(s20, TSimd.Load(s));
            s21 = TSimd.Add(s21, TSimd.Load(s + TSimd.Lanes));
            s += sumStride;
            s30 = TSimd.Add(s30, TSimd.Load(s));
            s31 = TSimd.Add(s31, TSimd.Load(s + TSimd.Lanes));
            s += sumStride;
            s40 = TSimd.Add(s40, TSimd.Load(s));
            s41 = TSimd.Add(s41, TSimd.Load(s + TSimd.Lanes));
            s += sumStride;
            s50 = TSimd.Add(s50, TSimd.Load(s));
            s51 = TSimd.Add(s51, TSimd.Load(s + TSimd.Lanes));
            s += sumStride;
            s60 = TSimd.Add(s60, TSimd.Load(s));
            s61 = TSimd.Add(s61, TSimd.Load(s + TSimd.Lanes));
            s += sumStride;
            s70 = TSimd.Add(s70, TSimd.Load(s));
            s71 = TSimd.Add(s71, TSimd.Load(s + TSimd.Lanes));
        }
        TSimd.Store(s00, sums);
        TSimd.Store(s01, sums + TSimd.Lanes);
        sums += sumStride;
        TSimd.Store(s10, sums);
        TSimd.Store(s11, sums + TSimd.Lanes);
        sums += sumStride;
        TSimd.Store(s20, sums);
        TSimd.Store(s21, sums + TSimd.Lanes);
        sums += sumStride;
        TSimd.Store(s30, sums);
        TSimd.Store(s31, sums + TSimd.Lanes);
        sums += sumStride;
        TSimd.Store(s40, sums);
        TSimd.Store(s41, sums + TSimd.Lanes);
        sums += sumStride;
        TSimd.Store(s50, sums);
        TSimd.Store(s51, sums + TSimd.Lanes);
        sums += sumStride;
        TSimd.Store(s60, sums);
        TSimd.Store(s61, sums + TSimd.Lanes);
        sums += sumStride;
        TSimd.Store(s70, sums);
        TSimd.Store(s71, sums + TSimd.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns8x1(float** rows, nint column, float* right, nint rightStride, int count, float* sums, nint sumStride, bool add)
    {
        TVector s00 = TSimd.Zero;
        TVector s10 = TSimd.Zero;
        TVector s20 = TSimd.Zero;
        TVector s30 = TSimd.Zero;
        TVector s40 = TSimd.Zero;
        TVector s50 = TSimd.Zero;
        TVector s60 = TSimd.Zero;
        TVector s70 = TSimd.Zero;
        for (var end = rows + count; rows < end; rows++, right += rightStride)
        {
            var left = *rows + column;
            var b0 = TSimd.Load(right);
            var a = TSimd.Broadcast(left[0]);
            s00 = TSimd.MultiplyAdd(a, b0, s00);
            a = TSimd.Broadcast(left[1]);
            s10 = TSimd.MultiplyAdd(a, b0, s10);
            a = TSimd.Broadcast(left[2]);
            s20 = TSimd.MultiplyAdd(a, b0, s20);
            a = TSimd.Broadcast(left[3]);
            s30 = TSimd.MultiplyAdd(a, b0, s30);
            a = TSimd.Broadcast(left[4]);
            s40 = TSimd.MultiplyAdd(a, b0, s40);
            a = TSimd.Broadcast(left[5]);
            s50 = TSimd.MultiplyAdd(a, b0, s50);
            a = TSimd.Broadcast(left[6]);
            s60 = TSimd.MultiplyAdd(a, b0, s60);
            a = TSimd.Broadcast(left[7]);
            s70 = TSimd.MultiplyAdd(a, b0, s70);
        }
        if (add)
        {
            var s = sums;
            s00 = TSimd.Add(s00, TSimd.Load(s));
            s += sumStride;
            s10 = TSimd.Add(s10, TSimd.Load(s));
            s += sumStride;
            s20 = TSimd.Add(s20, TSimd.Load(s));
            s += sumStride;
            s30 = TSimd.Add(s30, TSimd.Load(s));
            s += sumStride;
            s40 = TSimd.Add(s40, TSimd.Load(s));
            s += sumStride;
            s50 = TSimd.Add(s50, TSimd.Load(s));
            s += sumStride;
            s60 = TSimd.Add(s60, TSimd.Load(s));
            s += sumStride;
            s70 = TSimd.Add(s70, TSimd.Load(s));
        }
        TSimd.Store(s00, sums);
        sums += sumStride;
        TSimd.Store(s10, sums);
        sums += sumStride;
        TSimd.Store(s20, sums);
        sums += sumStride;
        TSimd.Store(s30, sums);
        sums += sumStride;
        TSimd.Store(s40, sums);
        sums += sumStride;
        TSimd.Store(s50, sums);
        sums += sumStride;
        TSimd.Store(s60, sums);
        sums += sumStride;
        TSimd.Store(s70, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns4x2(float** rows, nint column, float* right, nint rightStride, int count, float* sums, nint sumStride, bool add)
    {
        TVector s00 = TSimd.Zero, s01 = TSimd.Zero;
        TVector s10 = TSimd.Zero, s11 = TSimd.Zero;
        TVector s20 = TSimd.Zero, s21 = TSimd.Zero;
        TVector s30 = TSimd.Zero, s31 = TSimd.Zero;
        for (var end = rows + count; rows < end; rows++, right += rightStride)
        {
            var left = *rows + column;
            var b0 = TSimd.Load(right);
            var b1 = TSimd.Load(right + TSimd.Lanes);
            var a = TSimd.Broadcast(left[0]);
            s00 = TSimd.MultiplyAdd(a, b0, s00);
            s01 = TSimd.MultiplyAdd(a, b1, s01);
            a = TSimd.Broadcast(left[1]);
            s10 = TSimd.MultiplyAdd(a, b0, s10);
            s11 = TSimd.MultiplyAdd(a, b1, s11);
            a = TSimd.Broadcast(left[2]);
            s20 = TSimd.MultiplyAdd(a, b0, s20);
            s21 = TSimd.MultiplyAdd(a, b1, s21);
            a = TSimd.Broadcast(left[3]);
            s30 = TSimd.MultiplyAdd(a, b0, s30);
            s31 = TSimd.MultiplyAdd(a, b1, s31);
        }
        if (add)
        {
            var s = sums;
            s00 = TSimd.Add(s00, TSimd.Load(s));
            s01 = TSimd.Add(s01, TSimd.Load(s + TSimd.Lanes));
            s += sumStride;
            s10 = TSimd.Add(s10, TSimd.Load(s));
            s11 = TSimd.Add(s11, TSimd.Load(s + TSimd.Lanes));
            s += sumStride;
            s20 = TSimd.Add(s20, TSimd.Load(s));
            s21 = TSimd.Add(s21, TSimd.Load(s + TSimd.Lanes));
            s += sumStride;
            s30 = TSimd.Add(s30, TSimd.Load(s));
            s31 = TSimd.Add(s31, TSimd.Load(s + TSimd.Lanes));
        }
        TSimd.Store(s00, sums);
        TSimd.Store(s01, sums + TSimd.Lanes);
        sums += sumStride;
        TSimd.Store(s10, sums);
        TSimd.Store(s11, sums + TSimd.Lanes);
        sums += sumStride;
        TSimd.Store(s20, sums);
        TSimd.Store(s21, sums + TSimd.Lanes);
        sums += sumStride;
        TSimd.Store(s30, sums);
        TSimd.Store(s31, sums + TSimd.Lanes);
    }
}

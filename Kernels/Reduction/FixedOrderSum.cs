using System.Runtime.CompilerServices;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Sums on the CPU in an order that depends on the length and the vectors' width alone.</summary>
/// <remarks>
/// No chain of additions in single precision is longer than <see cref="ChainLength"/>: what lies beyond is added in double, or column by
/// column in two floats. A chain of n equal terms errs by up to n/2 roundings, so a sum of any length keeps a relative error of about 10⁻⁶.
/// </remarks>
internal static unsafe class FixedOrderSum
{
    /// <summary>Most terms that follow each other in single precision.</summary>
    public const int ChainLength = 64;

    /// <summary>Σ xᵢ in double.</summary>
    public static double Of(float* x, int count)
    {
        double sum = 0;
        for (var i = 0; i < count; i++) sum += x[i];
        return sum;
    }

    /// <summary>Σ xᵢ·yᵢ. Four vector sums in each block: enough to hide the latency of the additions.</summary>
    public static double OfProducts<TVector, TSimd>(float* x, float* y, int count)
        where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        double total = 0;
        for (var block = 4 * TSimd.Lanes * ChainLength; count > block; count -= block, x += block, y += block)
            total += BlockOfProducts<TVector, TSimd>(x, y, block);
        return total + BlockOfProducts<TVector, TSimd>(x, y, count);
    }

    /// <summary>Σ over rows of one vector of columns.</summary>
    /// <param name="column">The columns' values in the first row.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    public static TVector OfColumn<TVector, TSimd>(float* column, int rows, nint stride)
        where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        // Nearly all sums are this short.
        if (rows <= ChainLength) return ChainOfColumn<TVector, TSimd>(column, rows, stride);
        TVector high = TSimd.Zero, low = TSimd.Zero;
        for (; rows > 0; rows -= ChainLength, column += ChainLength * stride)
        {
            var sum = ChainOfColumn<TVector, TSimd>(column, Math.Min(rows, ChainLength), stride);
            // high + low grows by the sum without an error but low's own roundings (Knuth's two-sum).
            var next = TSimd.Add(high, sum);
            var part = TSimd.Subtract(next, high);
            low = TSimd.Add(low, TSimd.Add(TSimd.Subtract(high, TSimd.Subtract(next, part)), TSimd.Subtract(sum, part)));
            high = next;
        }
        return TSimd.Add(high, low);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector ChainOfColumn<TVector, TSimd>(float* column, int rows, nint stride)
        where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        var sum = TSimd.Zero;
        for (; rows > 0; rows--, column += stride) sum = TSimd.Add(sum, TSimd.Load(column));
        return sum;
    }

    private static float BlockOfProducts<TVector, TSimd>(float* x, float* y, int count)
        where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        var lanes = TSimd.Lanes;
        TVector a = TSimd.Zero, b = TSimd.Zero, c = TSimd.Zero, d = TSimd.Zero;
        var i = 0;
        for (; i <= count - 4 * lanes; i += 4 * lanes)
        {
            a = TSimd.MultiplyAdd(TSimd.Load(x + i), TSimd.Load(y + i), a);
            b = TSimd.MultiplyAdd(TSimd.Load(x + i + lanes), TSimd.Load(y + i + lanes), b);
            c = TSimd.MultiplyAdd(TSimd.Load(x + i + 2 * lanes), TSimd.Load(y + i + 2 * lanes), c);
            d = TSimd.MultiplyAdd(TSimd.Load(x + i + 3 * lanes), TSimd.Load(y + i + 3 * lanes), d);
        }
        for (; i <= count - lanes; i += lanes) a = TSimd.MultiplyAdd(TSimd.Load(x + i), TSimd.Load(y + i), a);
        var sum = TSimd.Sum(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)));
        for (; i < count; i++) sum += x[i] * y[i];
        return sum;
    }
}

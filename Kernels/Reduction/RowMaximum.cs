using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>The largest element of a row on the CPU, which exponentials are taken relative to.</summary>
internal static unsafe class RowMaximum
{
    /// <summary>max xᵢ. What a NaN does to it doesn't matter: its exponential makes the sum NaN.</summary>
    public static float Of<TVector, TSimd>(float* x, int count) where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        var max = float.NegativeInfinity;
        var i = 0;
        if (count >= TSimd.Lanes)
        {
            var largest = TSimd.Load(x);
            for (i = TSimd.Lanes; i <= count - TSimd.Lanes; i += TSimd.Lanes) largest = TSimd.Max(largest, TSimd.Load(x + i));
            var lanes = stackalloc float[TSimd.Lanes];
            TSimd.Store(largest, lanes);
            for (var lane = 0; lane < TSimd.Lanes; lane++)
                if (lanes[lane] > max) max = lanes[lane];
        }
        for (; i < count; i++)
            if (x[i] > max) max = x[i];
        return max;
    }
}

using System.Numerics;
using System.Runtime.InteropServices;

namespace LpcEngine.Experiments.Robustness;

/// <summary>The few vector sums that attacks need on the host: floats in memory, double in between.</summary>
internal static class FloatVectors
{
    /// <summary>‖a‖, which no element under- or overflows.</summary>
    public static double Norm(ReadOnlySpan<float> a)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(a);
        var (sumLow, sumHigh) = (Vector<double>.Zero, Vector<double>.Zero);
        foreach (var vector in vectors)
        {
            Vector.Widen(vector, out var low, out var high);
            sumLow += low * low;
            sumHigh += high * high;
        }
        var total = Vector.Sum(sumLow + sumHigh);
        for (var i = vectors.Length * Vector<float>.Count; i < a.Length; i++) total += (double)a[i] * a[i];
        return Math.Sqrt(total);
    }

    /// <summary>sum = a + factor·b, each element rounded once.</summary>
    public static void AddScaled(ReadOnlySpan<float> a, double factor, ReadOnlySpan<float> b, Span<float> sum)
    {
        for (var i = 0; i < sum.Length; i++) sum[i] = (float)(a[i] + factor * b[i]);
    }
}

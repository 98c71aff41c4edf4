using System.Numerics;

namespace LpcEngine.Kernels;

/// <summary>Sums on the CPU in an order that depends on the length alone.</summary>
internal static unsafe class FixedOrderSum
{
    /// <summary>Σ xᵢ in double.</summary>
    public static double Of(float* x, int count)
    {
        double sum = 0;
        for (var i = 0; i < count; i++) sum += x[i];
        return sum;
    }

    /// <summary>Σ xᵢ·yᵢ. Four vector sums: enough to hide the latency of the additions, and short chains keep the rounding error small.</summary>
    public static float OfProducts(float* x, float* y, int count)
    {
        var lanes = Vector<float>.Count;
        Vector<float> a = default, b = default, c = default, d = default;
        var i = 0;
        for (; i <= count - 4 * lanes; i += 4 * lanes)
        {
            a += Vector.Load(x + i) * Vector.Load(y + i);
            b += Vector.Load(x + i + lanes) * Vector.Load(y + i + lanes);
            c += Vector.Load(x + i + 2 * lanes) * Vector.Load(y + i + 2 * lanes);
            d += Vector.Load(x + i + 3 * lanes) * Vector.Load(y + i + 3 * lanes);
        }
        for (; i <= count - lanes; i += lanes) a += Vector.Load(x + i) * Vector.Load(y + i);
        var sum = Vector.Sum(a + b + (c + d));
        for (; i < count; i++) sum += x[i] * y[i];
        return sum;
    }
}

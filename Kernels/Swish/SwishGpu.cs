using ILGPU.Algorithms;

namespace LpcEngine.Kernels;

/// <summary>Swish on a GPU: y = x·σ(x).</summary>
internal readonly struct SwishGpu : IElementwiseGpu
{
    // e¹⁰⁴ is infinite and e⁻¹⁰⁴ less than any float: beyond, σ is 0 or 1 to the bit, and this number serves in place of an infinite x.
    private const float Bound = 104f;

    public static bool IsBinary => false;

    public static float Apply(float x, float none, float unused) => Swish(x);

    /// <summary>x·σ(x).</summary>
    internal static float Swish(float x)
    {
        var bounded = x < -Bound ? -Bound : x;
        return bounded * Sigmoid(bounded);
    }

    /// <summary>dY·σ(x)·(1 + x·(1 − σ(x))).</summary>
    internal static float Slope(float x, float dY)
    {
        // In two steps: ILGPU makes branches of a choice within a choice.
        var bounded = x < -Bound ? -Bound : x;
        bounded = bounded > Bound ? Bound : bounded;
        var s = Sigmoid(bounded);
        return dY * s * (1f + bounded * (1f - s));
    }

    private static float Sigmoid(float x) => 1f / (1f + XMath.Exp(-x));
}

/// <summary>The derivative of Swish on a GPU: dX = dY·σ(x)·(1 + x·(1 − σ(x))).</summary>
internal readonly struct SwishSlopeGpu : IElementwiseGpu
{
    public static bool IsBinary => true;

    public static float Apply(float x, float dY, float unused) => SwishGpu.Slope(x, dY);
}

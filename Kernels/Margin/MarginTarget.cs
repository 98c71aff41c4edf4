using ILGPU.Algorithms;

namespace LpcEngine.Kernels;

/// <summary>The label's entry of a row, for the processor and for GPUs: t(x) and its derivative, as <see cref="MarginOp"/> has them.</summary>
internal static class MarginTarget
{
    /// <summary>t(x), not yet clamped.</summary>
    public static float Of(float x, float m, float cosM, float sinM, bool isAngular)
    {
        if (!isAngular) return x - m;
        var clamped = Clamp(x);
        return clamped > -cosM ? clamped * cosM - Sine(clamped) * sinM : clamped - m * sinM;
    }

    /// <summary>dt/dx.</summary>
    public static float Slope(float x, float cosM, float sinM, bool isAngular)
    {
        if (!isAngular) return 1f;
        if (x > MarginOp.Limit || x < -MarginOp.Limit) return 0f;
        return x > -cosM ? cosM + x * sinM / Sine(x) : 1f;
    }

    /// <summary>Written so that NaN passes on.</summary>
    public static float Clamp(float x) => x > MarginOp.Limit ? MarginOp.Limit : x < -MarginOp.Limit ? -MarginOp.Limit : x;

    // As a product: 1 − x² would lose the digits that tell x from 1.
    private static float Sine(float x) => XMath.Sqrt((1f - x) * (1f + x));
}

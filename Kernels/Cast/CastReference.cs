namespace LpcEngine.Kernels;

/// <summary>A conversion in exact arithmetic, and its derivative: nothing changes. What rounding does to a value is in the tolerance.</summary>
internal static class CastReference
{
    public static double[] Run(double[] x) => (double[])x.Clone();
}

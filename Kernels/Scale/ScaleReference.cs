namespace LpcEngine.Kernels;

/// <summary>Multiplication by a number in plain loops and double precision.</summary>
internal static class ScaleReference
{
    public static double[] Run(double[] x, double factor) => Array.ConvertAll(x, value => factor * value);
}

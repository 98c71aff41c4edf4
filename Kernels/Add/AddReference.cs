namespace LpcEngine.Kernels;

/// <summary>The sum in plain loops and double precision.</summary>
internal static class AddReference
{
    public static double[] Forward(double[] a, double[] b)
    {
        var y = new double[a.Length];
        for (var i = 0; i < y.Length; i++) y[i] = a[i] + b[i];
        return y;
    }
}

namespace LpcEngine.Kernels;

/// <summary>The transpose in plain loops and double precision.</summary>
internal static class TransposeReference
{
    public static double[] Run(double[] x, int m, int n)
    {
        var y = new double[x.Length];
        for (var i = 0; i < m; i++)
            for (var j = 0; j < n; j++) y[j * m + i] = x[i * n + j];
        return y;
    }
}

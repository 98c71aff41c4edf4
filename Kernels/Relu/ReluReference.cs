namespace LpcEngine.Kernels;

/// <summary>The rectifier in plain loops and double precision. "Not ≤ 0" rather than "> 0": NaN passes.</summary>
internal static class ReluReference
{
    public static double[] Forward(double[] x) => Array.ConvertAll(x, value => value <= 0 ? 0 : value);

    public static double[] Backward(double[] x, double[] dY)
    {
        var dX = new double[x.Length];
        for (var i = 0; i < x.Length; i++) dX[i] = x[i] <= 0 ? 0 : dY[i];
        return dX;
    }
}

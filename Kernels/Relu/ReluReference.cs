namespace LpcEngine.Kernels;

/// <summary>The rectifier in plain loops and double precision.</summary>
internal static class ReluReference
{
    public static double[] Forward(double[] x) => Array.ConvertAll(x, value => value > 0 ? value : 0);

    public static double[] Backward(double[] x, double[] dY)
    {
        var dX = new double[x.Length];
        for (var i = 0; i < x.Length; i++) dX[i] = x[i] > 0 ? dY[i] : 0;
        return dX;
    }
}

namespace LpcEngine.Kernels;

/// <summary>Swish in plain loops and double precision: the definition, and the oracle for every kernel.</summary>
internal static class SwishReference
{
    public static double[] Forward(double[] x) => Array.ConvertAll(x, value => value * Sigmoid(value));

    public static double[] Backward(double[] x, double[] dY)
    {
        var dX = new double[x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            var s = Sigmoid(x[i]);
            dX[i] = dY[i] * s * (1 + x[i] * (1 - s));
        }
        return dX;
    }

    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}

namespace LpcEngine.Kernels;

/// <summary>Swish in plain loops and double precision: the definition, and the oracle for every kernel.</summary>
internal static class SwishReference
{
    public static double[] Forward(double[] x) => Array.ConvertAll(x, Swish);

    public static double[] Backward(double[] x, double[] dY)
    {
        var dX = new double[x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            var s = Sigmoid(x[i]);
            // At ±∞ the limits, 1 and 0, where the formula has no value.
            dX[i] = double.IsInfinity(x[i]) ? dY[i] * s : dY[i] * s * (1 + x[i] * (1 - s));
        }
        return dX;
    }

    public static double Swish(double x) => double.IsNegativeInfinity(x) ? -0.0 : x * Sigmoid(x);

    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}

namespace LpcEngine.Kernels;

/// <summary>The linear layer in plain loops and double precision: the definition, and the oracle for every kernel.</summary>
internal static class LinearReference
{
    public static double[] Forward(int rows, int inputs, int outputs, double[] x, double[] weight, double[]? bias)
    {
        var y = MatMulReference.Multiply(false, false, rows, outputs, inputs, x, weight);
        for (var i = 0; bias is not null && i < y.Length; i++) y[i] += bias[i % outputs];
        return y;
    }

    /// <summary>dBias: the sum of dY's rows.</summary>
    public static double[] GradientBias(int outputs, double[] dY)
    {
        var dBias = new double[outputs];
        for (var i = 0; i < dY.Length; i++) dBias[i % outputs] += dY[i];
        return dBias;
    }
}

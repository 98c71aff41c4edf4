namespace LpcEngine.Kernels;

/// <summary>L2 normalisation of rows in plain loops and double precision.</summary>
internal static class NormaliseRowsReference
{
    public static double[] Forward(double[] x, int d, double epsilon)
    {
        var y = new double[x.Length];
        for (var start = 0; start < x.Length; start += d)
        {
            var denominator = Math.Max(Norm(x, start, d), epsilon);
            for (var i = start; i < start + d; i++) y[i] = x[i] / denominator;
        }
        return y;
    }

    public static double[] Backward(double[] x, double[] dY, int d, double epsilon)
    {
        var dX = new double[x.Length];
        for (var start = 0; start < x.Length; start += d)
        {
            var norm = Norm(x, start, d);
            double along = 0;
            for (var i = start; i < start + d; i++) along += x[i] * dY[i];
            for (var i = start; i < start + d; i++) dX[i] = norm < epsilon ? dY[i] / epsilon : dY[i] / norm - x[i] * along / (norm * norm * norm);
        }
        return dX;
    }

    private static double Norm(double[] x, int start, int d)
    {
        double sum = 0;
        for (var i = start; i < start + d; i++) sum += x[i] * x[i];
        return Math.Sqrt(sum);
    }
}

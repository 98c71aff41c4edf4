namespace LpcEngine.Kernels;

/// <summary>Both margins in plain loops and double precision, with the arc cosine that the kernels avoid.</summary>
internal static class MarginReference
{
    public static double[] Forward(double[] x, double[] labels, double s, double m, bool isAngular)
    {
        var c = x.Length / labels.Length;
        var y = new double[x.Length];
        for (var i = 0; i < x.Length; i++) y[i] = s * Clamp(i % c == (int)labels[i / c] ? Target(x[i], m, isAngular) : x[i]);
        return y;
    }

    public static double[] Backward(double[] x, double[] labels, double s, double m, bool isAngular, double[] dY)
    {
        var c = x.Length / labels.Length;
        var dX = new double[x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            var isTarget = i % c == (int)labels[i / c];
            var t = isTarget ? Target(x[i], m, isAngular) : x[i];
            dX[i] = Math.Abs(t) > MarginOp.Limit ? 0 : s * dY[i] * (isTarget ? TargetSlope(x[i], m, isAngular) : 1);
        }
        return dX;
    }

    private static double Target(double x, double m, bool isAngular)
    {
        if (!isAngular) return x - m;
        x = Clamp(x);
        return x > Math.Cos(Math.PI - m) ? Math.Cos(Math.Acos(x) + m) : x - m * Math.Sin(Math.PI - m);
    }

    private static double TargetSlope(double x, double m, bool isAngular)
    {
        if (!isAngular) return 1;
        if (Math.Abs(x) > MarginOp.Limit) return 0;
        var theta = Math.Acos(x);
        return x > Math.Cos(Math.PI - m) ? Math.Sin(theta + m) / Math.Sin(theta) : 1;
    }

    private static double Clamp(double x) => Math.Clamp(x, -MarginOp.Limit, MarginOp.Limit);
}

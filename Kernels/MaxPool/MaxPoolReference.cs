namespace LpcEngine.Kernels;

/// <summary>Max pooling in plain loops and double precision.</summary>
internal static class MaxPoolReference
{
    /// <summary>The maxima and the index in x of each.</summary>
    public static (double[] Y, int[] Winner) Forward(PoolWindow s, double[] x)
    {
        var y = new double[s.N * s.P * s.Q * s.C];
        var winner = new int[y.Length];
        for (var i = 0; i < y.Length; i++)
        {
            int c = i % s.C, q = i / s.C % s.Q, p = i / s.C / s.Q % s.P, n = i / s.C / s.Q / s.P;
            winner[i] = -1;
            for (var h = s.Start(p); h < s.Start(p) + s.Window; h++)
            {
                for (var w = s.Start(q); w < s.Start(q) + s.Window; w++)
                {
                    if (h < 0 || h >= s.H || w < 0 || w >= s.W) continue;
                    var at = ((n * s.H + h) * s.W + w) * s.C + c;
                    if (winner[i] < 0 || x[at] > y[i] || double.IsNaN(x[at])) (y[i], winner[i]) = (x[at], at);
                }
            }
        }
        return (y, winner);
    }

    public static double[] Backward(PoolWindow s, double[] x, double[] dY)
    {
        var (_, winner) = Forward(s, x);
        var dX = new double[x.Length];
        for (var i = 0; i < dY.Length; i++) dX[winner[i]] += dY[i];
        return dX;
    }
}

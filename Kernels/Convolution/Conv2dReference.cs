namespace LpcEngine.Kernels;

/// <summary>2-D convolution in plain loops and double precision: the definition, and the oracle for every kernel.</summary>
internal static class Conv2dReference
{
    public static double[] Forward(ConvGeometry g, double[] x, double[] w)
    {
        var y = new double[g.YShape.Count];
        foreach (var (pixel, source, tap) in Products(g))
            for (var c = 0; c < g.C; c++)
                for (var k = 0; k < g.K; k++)
                    y[pixel * g.K + k] += x[source * g.C + c] * w[(tap * g.C + c) * g.K + k];
        return y;
    }

    public static double[] BackwardInput(ConvGeometry g, double[] w, double[] dY)
    {
        var dX = new double[g.XShape.Count];
        foreach (var (pixel, source, tap) in Products(g))
            for (var c = 0; c < g.C; c++)
                for (var k = 0; k < g.K; k++)
                    dX[source * g.C + c] += dY[pixel * g.K + k] * w[(tap * g.C + c) * g.K + k];
        return dX;
    }

    public static double[] BackwardWeight(ConvGeometry g, double[] x, double[] dY)
    {
        var dW = new double[g.WeightShape.Count];
        foreach (var (pixel, source, tap) in Products(g))
            for (var c = 0; c < g.C; c++)
                for (var k = 0; k < g.K; k++)
                    dW[(tap * g.C + c) * g.K + k] += x[source * g.C + c] * dY[pixel * g.K + k];
        return dW;
    }

    /// <summary>Every pair of an output pixel and an input pixel inside the image that meet under a tap of the filter.</summary>
    private static IEnumerable<(int Pixel, int Source, int Tap)> Products(ConvGeometry g)
    {
        for (var n = 0; n < g.N; n++)
            for (var p = 0; p < g.P; p++)
                for (var q = 0; q < g.Q; q++)
                    for (var r = 0; r < g.R; r++)
                        for (var s = 0; s < g.S; s++)
                        {
                            var (h, w) = (p * g.Stride + r - g.Padding, q * g.Stride + s - g.Padding);
                            if (h >= 0 && h < g.H && w >= 0 && w < g.W)
                                yield return ((n * g.P + p) * g.Q + q, (n * g.H + h) * g.W + w, r * g.S + s);
                        }
    }
}

namespace LpcEngine.Kernels;

/// <summary>Global average pooling in plain loops and double precision.</summary>
internal static class GlobalAveragePoolReference
{
    public static double[] Forward(double[] x, int images, int pixels, int channels)
    {
        var y = new double[images * channels];
        for (var n = 0; n < images; n++)
            for (var p = 0; p < pixels; p++)
                for (var c = 0; c < channels; c++)
                    y[n * channels + c] += x[(n * pixels + p) * channels + c] / pixels;
        return y;
    }

    public static double[] Backward(double[] dY, int images, int pixels, int channels)
    {
        var dX = new double[images * pixels * channels];
        for (var n = 0; n < images; n++)
            for (var p = 0; p < pixels; p++)
                for (var c = 0; c < channels; c++)
                    dX[(n * pixels + p) * channels + c] = dY[n * channels + c] / pixels;
        return dX;
    }
}

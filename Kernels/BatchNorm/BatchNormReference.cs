namespace LpcEngine.Kernels;

/// <summary>Batch normalisation in plain loops and double precision: the definition, and the oracle for every kernel.</summary>
/// <remarks>Source: Ioffe and Szegedy, arXiv:1502.03167, algorithms 1 and 2 and the derivatives of section 3.</remarks>
internal sealed class BatchNormReference(int channels, bool training, double momentum, double epsilon, Fusion fusion)
{
    /// <summary>x, shortcut (null without), weight, bias, running mean and variance (changed in training) to y.</summary>
    public double[] Forward(double[] x, double[]? shortcut, double[] weight, double[] bias, double[] runningMean, double[] runningVariance)
    {
        var (mean, variance) = Statistics(x, runningMean, runningVariance);
        var y = new double[x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            var z = Normalised(x, i, mean, variance) * weight[i % channels] + bias[i % channels] + (shortcut?[i] ?? 0);
            y[i] = fusion == Fusion.None ? z : SwishReference.Swish(z);
        }
        if (!training) return y;
        double n = x.Length / channels;
        for (var c = 0; c < channels; c++)
        {
            runningMean[c] = (1 - momentum) * runningMean[c] + momentum * mean[c];
            runningVariance[c] = (1 - momentum) * runningVariance[c] + momentum * variance[c] * n / (n - 1);
        }
        return y;
    }

    /// <summary>The gradients of x, shortcut (null without), weight and bias.</summary>
    public (double[] X, double[]? Shortcut, double[] Weight, double[] Bias) Backward(
        double[] x, double[]? shortcut, double[] weight, double[] bias, double[] runningMean, double[] runningVariance, double[] dY)
    {
        var (mean, variance) = Statistics(x, runningMean, runningVariance);
        var g = (double[])dY.Clone();
        if (fusion != Fusion.None)
        {
            var z = new double[x.Length];
            for (var i = 0; i < x.Length; i++) z[i] = Normalised(x, i, mean, variance) * weight[i % channels] + bias[i % channels] + (shortcut?[i] ?? 0);
            g = SwishReference.Backward(z, dY);
        }
        double[] dX = new double[x.Length], dWeight = new double[channels], dBias = new double[channels];
        for (var i = 0; i < x.Length; i++)
        {
            dBias[i % channels] += g[i];
            dWeight[i % channels] += g[i] * Normalised(x, i, mean, variance);
        }
        double n = x.Length / channels;
        for (var i = 0; i < x.Length; i++)
        {
            var c = i % channels;
            var throughStatistics = training ? (dBias[c] + Normalised(x, i, mean, variance) * dWeight[c]) / n : 0;
            dX[i] = weight[c] / Math.Sqrt(variance[c] + epsilon) * (g[i] - throughStatistics);
        }
        return (dX, shortcut is null ? null : g, dWeight, dBias);
    }

    private double Normalised(double[] x, int i, double[] mean, double[] variance) =>
        (x[i] - mean[i % channels]) / Math.Sqrt(variance[i % channels] + epsilon);

    private (double[] Mean, double[] Variance) Statistics(double[] x, double[] runningMean, double[] runningVariance)
    {
        if (!training) return (runningMean, runningVariance);
        double[] mean = new double[channels], variance = new double[channels];
        double n = x.Length / channels;
        // Differences from the first row: the mean of values far from zero is then as exact as they are, and central differences see no
        // rounding.
        for (var i = 0; i < x.Length; i++) mean[i % channels] += (x[i] - x[i % channels]) / n;
        for (var c = 0; c < channels; c++) mean[c] += x[c];
        for (var i = 0; i < x.Length; i++) variance[i % channels] += (x[i] - mean[i % channels]) * (x[i] - mean[i % channels]) / n;
        return (mean, variance);
    }
}

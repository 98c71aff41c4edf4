namespace LpcEngine.Kernels;

/// <summary>Softmax cross-entropy in plain loops and double precision.</summary>
internal static class SoftmaxCrossEntropyReference
{
    public static double[] Forward(double[] logits, double[] labels)
    {
        var (n, c) = (labels.Length, logits.Length / labels.Length);
        double loss = 0;
        for (var i = 0; i < n; i++) loss += LogSumExp(logits.AsSpan(i * c, c)) - logits[i * c + (int)labels[i]];
        return [loss / n];
    }

    public static double[] Backward(double[] logits, double[] labels, double[] dY)
    {
        var (n, c) = (labels.Length, logits.Length / labels.Length);
        var dX = new double[logits.Length];
        for (var i = 0; i < n; i++)
        {
            var row = logits.AsSpan(i * c, c);
            var logSum = LogSumExp(row);
            for (var k = 0; k < c; k++) dX[i * c + k] = (Math.Exp(row[k] - logSum) - (k == (int)labels[i] ? 1 : 0)) / n * dY[0];
        }
        return dX;
    }

    private static double LogSumExp(ReadOnlySpan<double> x)
    {
        var max = double.NegativeInfinity;
        foreach (var value in x) max = Math.Max(max, value);
        double sum = 0;
        foreach (var value in x) sum += Math.Exp(value - max);
        return max + Math.Log(sum);
    }
}

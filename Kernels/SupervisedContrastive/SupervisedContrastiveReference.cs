namespace LpcEngine.Kernels;

/// <summary>The supervised contrastive loss in plain loops and double precision, term by term as the formula has it.</summary>
internal static class SupervisedContrastiveReference
{
    private const double Delta = SupervisedContrastiveOp.Delta;

    public static double[] Forward(double[] cosines, double[] labels, double temperature) =>
        [Forward(cosines, labels, temperature, Maxima(cosines, labels.Length))];

    /// <summary>The loss with given row maxima, of which the derivative takes no notice.</summary>
    public static double Forward(double[] cosines, double[] labels, double temperature, double[] maxima)
    {
        var n = labels.Length;
        double loss = 0;
        for (var i = 0; i < n; i++)
        {
            var logarithm = Math.Log(Sum(cosines, n, i, temperature, maxima[i]) + Delta);
            double row = 0;
            var partners = 0;
            for (var p = 0; p < n; p++)
            {
                if (p == i || labels[p] != labels[i]) continue;
                row += (cosines[i * n + p] - maxima[i]) / temperature - logarithm;
                partners++;
            }
            loss -= row / (partners + Delta) / n;
        }
        return loss;
    }

    public static double[] Backward(double[] cosines, double[] labels, double temperature, double[] dY)
    {
        var n = labels.Length;
        var maxima = Maxima(cosines, n);
        var dX = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            var sum = Sum(cosines, n, i, temperature, maxima[i]);
            var partners = Enumerable.Range(0, n).Count(p => p != i && labels[p] == labels[i]);
            for (var j = 0; j < n; j++)
            {
                if (j == i) continue;
                var share = partners * Math.Exp((cosines[i * n + j] - maxima[i]) / temperature) / (sum + Delta);
                dX[i * n + j] = dY[0] / (n * temperature * (partners + Delta)) * (share - (labels[j] == labels[i] ? 1 : 0));
            }
        }
        return dX;
    }

    public static double[] Maxima(double[] cosines, int n) => Enumerable.Range(0, n).Select(i => cosines.Skip(i * n).Take(n).Max()).ToArray();

    private static double Sum(double[] cosines, int n, int i, double temperature, double maximum)
    {
        double sum = 0;
        for (var a = 0; a < n; a++)
            if (a != i) sum += Math.Exp((cosines[i * n + a] - maximum) / temperature);
        return sum;
    }
}

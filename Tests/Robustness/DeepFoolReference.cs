namespace LpcEngine.Tests.Robustness;

/// <summary>DeepFool on one image, in double precision and plain loops, written from the paper's formulae alone.</summary>
internal static class DeepFoolReference
{
    public static (double[] R, int Iterations, int Label, int FinalLabel) Run(
        Func<double[], (double[] Logits, double[,] Jacobian)> f, double[] x, int classes = 10, double overshoot = 0.02, int maximum = 50)
    {
        var r = new double[x.Length];
        var (logits, jacobian) = f(x);
        // A stable order: of equal logits the first.
        var order = Enumerable.Range(0, logits.Length).OrderByDescending(k => logits[k]).Take(classes).ToArray();
        int label = order[0], now = label, iterations = 0;
        while (now == label && iterations < maximum)
        {
            var (best, direction, length) = (double.PositiveInfinity, Array.Empty<double>(), 0.0);
            foreach (var k in order.Skip(1))
            {
                var w = Enumerable.Range(0, x.Length).Select(i => jacobian[k, i] - jacobian[label, i]).ToArray();
                var norm = Math.Sqrt(w.Sum(value => value * value));
                var distance = Math.Abs(logits[k] - logits[label]) / norm;
                if (distance < best) (best, direction, length) = (distance, w, norm);
            }
            for (var i = 0; i < x.Length; i++) r[i] += (best + 1e-4) * direction[i] / length;
            (logits, jacobian) = f([.. x.Zip(r, (a, b) => a + (1 + overshoot) * b)]);
            now = Array.IndexOf(logits, logits.Max());
            iterations++;
        }
        return ([.. r.Select(value => (1 + overshoot) * value)], iterations, label, now);
    }
}

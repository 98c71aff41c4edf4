using LpcEngine.Models;

namespace LpcEngine.Tests.Models;

/// <summary>The losses on directions where they could go wrong: whole compositions against plain double-precision code written here.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Names))]
public sealed class DirectionLosses(string deviceName)
{
    private const double Temperature = 0.05f, Delta = 1e-8;

    private static readonly int[] OneOfEach = [0, 1, 2, 3, 4], AllOfOne = [3, 3, 3, 3, 3], OneAlone = [0, 0, 1, 0, 2];

    private static IEnumerable<TestCaseData> Batches()
    {
        yield return new TestCaseData(Draw(5, 7), OneOfEach, 7).SetArgDisplayNames("no two of a class");
        yield return new TestCaseData(Draw(5, 7), AllOfOne, 7).SetArgDisplayNames("all of one class");
        yield return new TestCaseData(Draw(5, 7), OneAlone, 7).SetArgDisplayNames("classes with one member");
        yield return new TestCaseData(Duplicates(5, 7), OneAlone, 7).SetArgDisplayNames("duplicates");
        yield return new TestCaseData(Draw(2, 7), new[] { 2, 2 }, 7).SetArgDisplayNames("one pair, whose loss is 0 but for δ");
        yield return new TestCaseData(Draw(1, 7), new[] { 2 }, 7).SetArgDisplayNames("one image");
        // Directions at right angles: every cosine but a sample's own is 0, and the sums of exponentials are about 4·e⁻²⁰, far below δ.
        yield return new TestCaseData(Axes(5, 7), OneAlone, 7).SetArgDisplayNames("orthogonal features");
        yield return new TestCaseData(Draw(80, 16), Enumerable.Range(0, 80).Select(i => i * 7 % 10).ToArray(), 16).SetArgDisplayNames("the last batch of 80");
    }

    [TestCaseSource(nameof(Batches))]
    public void The_contrastive_loss_and_its_derivative_are_those_of_the_formula(float[] h, int[] labels, int d)
    {
        if (deviceName == "emulator" && labels.Length > 5) Assert.Ignore("takes the emulator minutes");
        var (loss, gradient) = OnDevice(h, labels, d, (features, classes) => features.Contrastive(classes));
        var maxima = RowMaxima(h, d);
        Check(loss, gradient, h, x => Contrastive(x, labels, d, maxima), Contrastive(Array.ConvertAll(h, value => (double)value), labels, d, maxima));
    }

    [Test]
    public void A_feature_row_of_zeros_has_cosines_of_zero_and_finite_derivatives([Values] Margin kind)
    {
        var h = Draw(5, 7);
        h.AsSpan(14, 7).Clear();
        var (loss, gradient) = OnDevice(h, OneAlone, 7, Loss(kind, 64, 0.5f, Draw(7, 4, seed: 9)));
        Assert.That(loss, Is.Not.NaN.And.LessThan(1e4));
        Assert.That(gradient, Has.All.Matches<float>(float.IsFinite));
    }

    /// <summary>Features along a class's own direction (θ = 0, where sin θ vanishes), against it, and beyond θ + m = π.</summary>
    [TestCase(Margin.Angular, 1.0)]
    [TestCase(Margin.Angular, -1.0)]
    [TestCase(Margin.Angular, -0.95)]
    [TestCase(Margin.Angular, 0.3)]
    [TestCase(Margin.Cosine, 1.0)]
    [TestCase(Margin.Cosine, -1.0)]
    [TestCase(Margin.Cosine, 0.3)]
    public void Logits_with_a_margin_are_those_of_the_formula_at_a_given_target_cosine(Margin kind, double cosine)
    {
        const float s = 30, m = 0.5f;
        // Classes along the first axes; the feature's cosine with its own class is given, the rest of it lies in no class's direction.
        var sine = Math.Sqrt(Math.Max(0, 1 - cosine * cosine));
        float[] h = [(float)(2 * cosine), 0, 0, (float)(2 * sine)], weight = [3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0];
        var (loss, gradient) = OnDevice(h, [0], 4, Loss(kind, s, m, weight));
        var limit = (double)(1f - 1e-7f);
        var x = Math.Clamp(cosine, -limit, limit);
        var t = kind == Margin.Cosine ? cosine - m : x > -Math.Cos(m) ? Math.Cos(Math.Acos(x) + m) : x - m * Math.Sin(m);
        t = Math.Clamp(t, -limit, limit);
        var expected = Math.Log(Math.Exp(s * t) + 2) - s * t;
        Assert.That(loss, Is.EqualTo(expected).Within(1e-4 * expected + 1e-6));
        Assert.That(gradient, Has.All.Matches<float>(float.IsFinite));
        // Where a clamp holds, nothing pulls the feature towards its class or away; else towards it. The other classes lie along the axes between.
        var clamped = Math.Abs(cosine) == 1 && kind == Margin.Angular || t == -limit;
        if (clamped || sine == 0) Assert.That(new[] { gradient[0], gradient[3] }, Has.All.EqualTo(0f).Within(1e-5f));
        else Assert.That(gradient[0] * sine - gradient[3] * cosine, Is.LessThan(-1e-3));
    }

    private static Func<Tensor, Tensor, Tensor> Loss(Margin kind, float s, float m, float[] weight) => (features, labels) =>
    {
        if (kind == Margin.None) return features.Contrastive(labels);
        var device = features.Device;
        var (classifier, scale, margin) = (device.New(new(features.Shape[1], weight.Length / features.Shape[1])), device.New(Shape.Scalar), device.New(Shape.Scalar));
        classifier.CopyFrom<float>(weight);
        device.Fill(scale, s);
        device.Fill(margin, m);
        return features.MarginLogits(classifier, labels, kind, scale, margin).SoftmaxCrossEntropy(labels);
    };

    private (float Loss, float[] Gradient) OnDevice(float[] h, int[] labels, int d, Func<Tensor, Tensor, Tensor> loss)
    {
        var device = TestDevices.Get(deviceName);
        var (value, gradient) = (0f, Array.Empty<float>());
        device.PoisonNewTensors = true;
        try
        {
            device.Step(() =>
            {
                var (features, classes) = (device.New(new(labels.Length, d)), device.New(new Shape(labels.Length), DType.Int32));
                features.CopyFrom<float>(h);
                classes.CopyFrom<int>(labels);
                features.TracksGradient = true;
                var y = loss(features, classes);
                value = y.ToFloats()[0];
                gradient = device.Tape.Backward(y)[features].ToFloats();
            });
        }
        finally
        {
            device.PoisonNewTensors = false;
        }
        return (value, gradient);
    }

    private static void Check(float loss, float[] gradient, float[] h, Func<double[], double> formula, double expected)
    {
        Assert.That(loss, Is.EqualTo(expected).Within(1e-5 * Math.Abs(expected) + 3e-6), "loss");
        var x = Array.ConvertAll(h, value => (double)value);
        var numeric = new double[h.Length];
        for (var i = 0; i < h.Length; i++)
        {
            const double step = 1e-6;
            x[i] = h[i] + step;
            var up = formula(x);
            x[i] = h[i] - step;
            numeric[i] = (up - formula(x)) / (2 * step);
            x[i] = h[i];
        }
        for (var i = 0; i < h.Length; i++) Assert.That(gradient[i], Is.EqualTo(numeric[i]).Within(2e-5 * numeric.Max(Math.Abs) + 3e-6), $"derivative {i}");
    }

    private static double Contrastive(double[] h, int[] labels, int d, double[] maxima)
    {
        var n = labels.Length;
        var total = 0.0;
        for (var i = 0; i < n; i++)
        {
            var others = Enumerable.Range(0, n).Where(j => j != i).ToArray();
            double Similarity(int j) => Cosine(h, i, j, d) / Temperature - maxima[i];
            var logarithm = Math.Log(others.Sum(j => Math.Exp(Similarity(j))) + Delta);
            var partners = others.Where(j => labels[j] == labels[i]).ToArray();
            total -= partners.Sum(p => Similarity(p) - logarithm) / (partners.Length + Delta);
        }
        return total / n;
    }

    // Constants to the derivative: taken at the batch itself, not at its neighbours.
    private static double[] RowMaxima(float[] h, int d)
    {
        var (x, n) = (Array.ConvertAll(h, value => (double)value), h.Length / d);
        return Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n).Max(j => Cosine(x, i, j, d)) / Temperature).ToArray();
    }

    private static double Cosine(double[] h, int i, int j, int d)
    {
        double product = 0, first = 0, second = 0;
        for (var k = 0; k < d; k++)
        {
            product += h[i * d + k] * h[j * d + k];
            first += h[i * d + k] * h[i * d + k];
            second += h[j * d + k] * h[j * d + k];
        }
        return product / Math.Sqrt(first * second);
    }

    private static float[] Draw(int rows, int columns, int seed = 4)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, rows * columns).Select(_ => random.NextSingle() * 2 - 0.6f).ToArray();
    }

    private static float[] Duplicates(int n, int d)
    {
        var h = Draw(n, d);
        h.AsSpan(0, d).CopyTo(h.AsSpan(d));
        h.AsSpan(0, d).CopyTo(h.AsSpan(3 * d));
        return h;
    }

    private static float[] Axes(int n, int d)
    {
        var h = new float[n * d];
        for (var i = 0; i < n; i++) h[i * d + i] = 0.5f + i;
        return h;
    }
}

using LpcEngine.Experiments.Metrics;

namespace LpcEngine.Tests.Metrics;

/// <summary>The mixtures of two Gaussians against closed forms (paper.md §4.3) and a plain EM of textbook form.</summary>
internal sealed class BinarityTests
{
    private const int N = 20_000;
    private const double OneGaussian = -1.4189385332046727; // −½ ln 2πe
    private const double FloorScore = 5.98881674532554;     // −½ ln(2π·10⁻⁶)

    [TestCase(0.01)]
    [TestCase(0.05)]
    [TestCase(0.2)]
    public void Two_equal_peaks_score_by_their_width(double width)
    {
        // Peaks at ±1 of width s have deviation √(1 + s²): in standardised units they are a little narrower and nearer.
        var fit = TwoPeaks.Fit(Column(i => (i % 2 == 0 ? 1 : -1) + (width * Normal(i))));
        double s = width / Math.Sqrt(1 + (width * width));
        Assert.That(fit.Sigma, Is.EqualTo(s).Within(2).Percent);
        Assert.That(fit.Score, Is.EqualTo(-Math.Log(2) + OneGaussian - Math.Log(s)).Within(0.02));
        Assert.That(fit.Distance, Is.EqualTo(2 / width).Within(2).Percent);
        Assert.That(fit.First.Weight, Is.EqualTo(0.5).Within(0.01));
    }

    [Test]
    public void One_gaussian_scores_what_one_gaussian_does()
    {
        var fit = TwoPeaks.Fit(Column(i => 5 + (3 * Normal(i))));
        Assert.That(fit.Score, Is.EqualTo(OneGaussian).Within(0.01));
        Assert.That(fit.Distance, Is.LessThan(2));
    }

    [Test]
    public void Two_values_only_reach_the_floor_of_the_variance()
    {
        var fit = TwoPeaks.Fit(Column(i => i % 2 == 0 ? 0.3 : -0.7));
        Assert.That(fit.Score, Is.EqualTo(FloorScore - Math.Log(2)).Within(1e-9));
        Assert.That(fit.Score, Is.EqualTo(5.30).Within(0.005));
        Assert.That(fit.Distance, Is.EqualTo(2000).Within(1e-6));
        var two = TwoPeaks.Fit([4.0, -1]);
        Assert.That(two.Distance, Is.EqualTo(2000).Within(1e-6));
    }

    [Test]
    public void Unequal_peaks_keep_their_shares()
    {
        // 1 of 10 at +3: the standardised peaks are 1/√(0.09) apart.
        var fit = TwoPeaks.Fit(Column(i => i % 10 == 0 ? 3 : 2));
        Assert.That((fit.First.Weight, fit.Second.Weight), Is.EqualTo((0.9, 0.1)));
        Assert.That(fit.Score, Is.EqualTo(FloorScore + (0.9 * Math.Log(0.9)) + (0.1 * Math.Log(0.1))).Within(1e-9));
        Assert.That(fit.Distance, Is.EqualTo(1 / 0.3 / 1e-3).Within(1e-6));
    }

    [Test]
    public void A_constant_coordinate_is_one_peak()
    {
        var fit = TwoPeaks.Fit(Column(_ => 0.1));
        Assert.That(fit.Score, Is.EqualTo(FloorScore).Within(1e-9), "0.1 summed 20,000 times is not 2,000: rounding must not be standardised");
        Assert.That((fit.Distance, fit.Sigma), Is.EqualTo((0.0, 1e-3)));

        var result = LatentMetrics.Measure(new LatentSet([1.0, 7, 1, 8, 1, 9], 2, [0, 1, 0], 2));
        Assert.That(result["peaks_distance_min"], Is.Zero);
        Assert.That(result.Notes, Has.Some.StartWith("1 of 2 coordinates never vary"));
    }

    [Test]
    public void One_sample_has_no_peaks()
    {
        var result = LatentMetrics.Measure(new LatentSet([1.0, 2], 2, [0], 1));
        Assert.That((result["binarity_score"], result["peaks_distance"], result["binarity_sigma"]), Is.EqualTo((double.NaN, double.NaN, double.NaN)));
        Assert.That(result.Notes, Has.Some.StartWith("a single sample"));
    }

    [Test]
    public void An_outlier_far_away_and_tiny_or_shifted_values_stay_finite()
    {
        foreach (var at in (Func<int, double>[])[i => i == 0 ? 1e9 : Normal(i), i => 1e-30 * Normal(i), i => 1e6 + (1e-6 * Normal(i)), i => i])
        {
            var fit = TwoPeaks.Fit(Column(at));
            Assert.That(double.IsFinite(fit.Score) && double.IsFinite(fit.Distance) && fit.Sigma >= 1e-3);
        }
    }

    /// <summary>The vectorised EM against one that follows the formulas sample by sample, on data whose peaks overlap and whose number is no multiple of 8.</summary>
    [TestCase(1003, 1.2)]
    [TestCase(1003, 0.5)]
    [TestCase(17, 0.3)]
    [TestCase(5, 0.3)]
    public void Every_round_is_that_of_the_textbook(int n, double width)
    {
        double[] column = [.. Enumerable.Range(0, n).Select(i => (i % 3 == 0 ? 1 : -1) + (width * Normal(i)))];
        double[] own = [.. column];
        var fit = TwoPeaks.Fit(own);
        var (score, means, variances, iterations) = Plain(column);
        Assert.That(fit.Iterations, Is.EqualTo(iterations));
        Assert.That(fit.Score, Is.EqualTo(score).Within(1e-9));
        Assert.That(new[] { fit.First.Mean, fit.Second.Mean }, Is.EqualTo(means).Within(1e-9));
        Assert.That(new[] { fit.First.Variance, fit.Second.Variance }, Is.EqualTo(variances).Within(1e-9));
    }

    [Test]
    public void Columns_keep_apart_and_means_and_minima_are_taken_over_them()
    {
        const int D = 7;
        double[] latents = [.. Enumerable.Range(0, 1000 * D).Select(i => ((i / D % 2 == 0) ? 1 : -1) + (0.05 * (1 + (i % D)) * Normal(i)))];
        var set = new LatentSet(latents, D, new int[1000], 1);
        var alone = Enumerable.Range(0, D).Select(j => TwoPeaks.Fit([.. Enumerable.Range(0, 1000).Select(i => latents[(i * D) + j])])).ToArray();
        Assert.That(Binarity.Fits(set), Is.EqualTo(alone));
        var result = LatentMetrics.Measure(set);
        Assert.That(result["binarity_score"], Is.EqualTo(alone.Average(f => f.Score)).Within(1e-12));
        Assert.That(result["binarity_score_min"], Is.EqualTo(alone.Min(f => f.Score)));
        Assert.That(result["peaks_distance"], Is.EqualTo(alone.Average(f => f.Distance)).Within(1e-12));
        Assert.That(result["peaks_distance_min"], Is.EqualTo(alone.Min(f => f.Distance)));
        Assert.That(result["binarity_sigma"], Is.EqualTo(alone.Average(f => f.Sigma)).Within(1e-12));
    }

    private static double Normal(int i) => Philox.Normal(5, 0, (ulong)i);

    private static double[] Column(Func<int, double> at) => [.. Enumerable.Range(0, N).Select(at)];

    private static (double Score, double[] Means, double[] Variances, int Iterations) Plain(double[] column)
    {
        double average = column.Average(), deviation = Math.Sqrt(column.Average(x => (x - average) * (x - average)));
        double[] x = [.. column.Select(v => (v - average) / deviation).Order()];
        int split = Enumerable.Range(1, x.Length - 1).MinBy(s => Squares(x[..s]) + Squares(x[s..]));
        double[][] r = [[.. x.Select((_, i) => i < split ? 1.0 : 0)], [.. x.Select((_, i) => i < split ? 0.0 : 1)]];
        double[] weights = new double[2], means = new double[2], variances = new double[2];
        Maximise();
        double before = double.NegativeInfinity;
        for (int iteration = 1; ; iteration++)
        {
            double score = Expect();
            Maximise();
            if (Math.Abs(score - before) < 1e-3 || iteration == 100) return (Expect(), means, variances, iteration);
            before = score;
        }

        void Maximise()
        {
            for (int c = 0; c < 2; c++)
            {
                double members = r[c].Sum();
                weights[c] = members / x.Length;
                means[c] = x.Zip(r[c], (v, w) => v * w).Sum() / members;
                variances[c] = (x.Zip(r[c], (v, w) => w * (v - means[c]) * (v - means[c])).Sum() / members) + 1e-6;
            }
        }

        double Expect()
        {
            double total = 0;
            for (int i = 0; i < x.Length; i++)
            {
                double a = Density(0, x[i]), b = Density(1, x[i]);
                (r[0][i], r[1][i]) = (a / (a + b), b / (a + b));
                total += Math.Log(a + b);
            }

            return total / x.Length;
        }

        double Density(int c, double v) => weights[c] * Math.Exp(-(v - means[c]) * (v - means[c]) / 2 / variances[c]) / Math.Sqrt(2 * Math.PI * variances[c]);

        static double Squares(double[] part) => part.Sum(v => (v - part.Average()) * (v - part.Average()));
    }
}

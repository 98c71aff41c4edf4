using LpcEngine.Experiments.Metrics;

namespace LpcEngine.Tests.Metrics;

/// <summary>The entropy estimate against distributions whose entropy is known.</summary>
internal sealed class LatentEntropyTests
{
    private const int N = 20_000;

    [TestCase(1)]
    [TestCase(3)]
    public void A_gaussian_has_its_entropy(int d)
    {
        double[] deviations = [0.5, 2, 7];
        var result = LatentEntropy.Measure(Set(d, (i, j) => 10 + (deviations[j] * Philox.Normal(4, (uint)j, (ulong)i))));
        double one = 0.5 * Math.Log(2 * Math.PI * Math.E);
        Assert.That(result.PerDim, Is.EqualTo(one).Within(0.02), "standardised, per dimension");
        Assert.That(result.Raw, Is.EqualTo(deviations.Take(d).Sum(s => one + Math.Log(s))).Within(0.04));
    }

    [Test]
    public void A_uniform_square_has_the_logarithm_of_its_area()
    {
        var result = LatentEntropy.Measure(Set(2, (i, j) => Uniform(j, i) * (j == 0 ? 3 : 5)));
        Assert.That(result.Raw, Is.EqualTo(Math.Log(15)).Within(0.03));
        Assert.That(result.PerDim, Is.EqualTo(0.5 * Math.Log(12)).Within(0.015), "the side of a square of unit variance is √12");
    }

    [Test]
    public void Scaling_shifts_the_raw_entropy_and_leaves_the_standardised()
    {
        var one = LatentEntropy.Measure(Set(2, (i, j) => Philox.Normal(4, (uint)j, (ulong)i), 500));
        var scaled = LatentEntropy.Measure(Set(2, (i, j) => 1000 * Philox.Normal(4, (uint)j, (ulong)i), 500));
        Assert.That(scaled.PerDim, Is.EqualTo(one.PerDim).Within(1e-7), "the products are floats");
        Assert.That(scaled.Raw, Is.EqualTo(one.Raw + (2 * Math.Log(1000))).Within(1e-6));
    }

    [Test]
    public void A_constant_coordinate_is_divided_by_one_and_not_by_rounding()
    {
        // 0.1 summed 500 times is not 50: a plain deviation would be 1e-16, and standardising would make noise of it.
        var with = LatentEntropy.Measure(Set(2, (i, j) => j == 1 ? 0.1 : Philox.Normal(4, 0, (ulong)i), 500));
        var set = Set(2, (i, j) => j == 1 ? 0.1 : Philox.Normal(4, 0, (ulong)i), 500);
        var standardisation = Standardisation.Of(set);
        Assert.That((standardisation.Deviation[1], standardisation.Constant, standardisation.Weights[1]), Is.EqualTo((0.0, 1, 1.0)));
        Assert.That(with.PerDim, Is.LessThan(1).And.GreaterThan(-10), "the points lie on a line: the estimate is low but finite");
    }

    [Test]
    public void Coinciding_points_have_the_least_entropy_there_is()
    {
        var result = LatentEntropy.Measure(Set(2, (_, _) => 3, 100));
        double expected = MathNet.Numerics.SpecialFunctions.DiGamma(100) - MathNet.Numerics.SpecialFunctions.DiGamma(20) + Math.Log(Math.PI) + (2 * Math.Log(1e-10));
        Assert.That(result.Raw, Is.EqualTo(expected).Within(1e-9));
        Assert.That(result.PerDim, Is.EqualTo(expected / 2).Within(1e-9));
        Assert.That(result.Near, Is.EqualTo(100));
    }

    [Test]
    public void As_many_samples_as_neighbours_have_none()
    {
        var few = LatentMetrics.Measure(Set(2, (i, j) => i + j, 20));
        Assert.That((few["entropy"], few["entropy_raw"]), Is.EqualTo((double.NaN, double.NaN)));
        Assert.That(few.Notes, Has.Some.Contains("neighbour 20").And.Some.Contains("not 20"));
        Assert.That(LatentMetrics.Measure(Set(2, (i, j) => i + j, 21))["entropy"], Is.Not.NaN);
        Assert.That(LatentMetrics.Measure(Set(2, (i, j) => i + j, 20), neighbours: 3)["entropy"], Is.Not.NaN);
    }

    private static double Uniform(int j, int i) => Philox.Uniform(4, 100 + (uint)j, (ulong)i);

    private static LatentSet Set(int d, Func<int, int, double> at, int n = N) =>
        new([.. Enumerable.Range(0, n * d).Select(i => at(i / d, i % d))], d, new int[n], 1);
}

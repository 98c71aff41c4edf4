using LpcEngine.Experiments.Robustness;

namespace LpcEngine.Tests.Robustness;

/// <summary>Projections, random starts and steps of projected gradient ascent.</summary>
internal sealed class PixelBallTests
{
    private static IEnumerable<TestCaseData> Cases =>
        from norm in Enum.GetValues<PerturbationNorm>()
        from bounded in new[] { false, true }
        from length in new[] { 1, 7, 100, 3072 }
        select new TestCaseData(norm, bounded, length);

    [TestCaseSource(nameof(Cases))]
    public void A_projection_is_the_nearest_point_within_ball_and_bounds(PerturbationNorm norm, bool bounded, int length)
    {
        var random = new Random(length);
        for (var trial = 0; trial < 200; trial++)
        {
            // Black and white pixels among them, radii and perturbations of any relation.
            var pixels = bounded ? Enumerable.Range(0, length).Select(_ => Math.Clamp((float)(1.4 * random.NextDouble() - 0.2), 0, 1)).ToArray() : [];
            var (radius, size) = (Math.Pow(10, 3 * random.NextDouble() - 2), Math.Pow(10, 3 * random.NextDouble() - 2));
            var before = Enumerable.Range(0, length).Select(i => (float)(size * (random.NextDouble() - 0.5))).ToArray();
            var after = (float[])before.Clone();
            PixelBall.Project(norm, radius, pixels, after);
            AssertWithin(norm, radius, pixels, after);
            var expected = Nearest(norm, radius, pixels, before);
            var tolerance = 2e-6 * Math.Max(radius, 1e-3);
            for (var i = 0; i < length; i++) Assert.That(after[i], Is.EqualTo(expected[i]).Within(tolerance), $"trial {trial}, element {i}");
            var again = (float[])after.Clone();
            PixelBall.Project(norm, radius, pixels, again);
            Assert.That(again.Zip(after, (a, b) => Math.Abs(a - b)).Max(), Is.LessThanOrEqualTo(tolerance), "projecting again changes nothing");
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void A_start_is_uniform_within_the_ball_and_the_same_for_every_radius(PerturbationNorm norm, bool bounded, int length)
    {
        var pixels = bounded ? Enumerable.Range(0, length).Select(i => i % 3 * 0.5f).ToArray() : [];
        var (delta, wide, other) = (new float[length], new float[length], new float[length]);
        var inner = 0;
        for (var image = 0; image < 100; image++)
        {
            PixelBall.Start(norm, 0.5, pixels, delta, 3, 17, image);
            AssertWithin(norm, 0.5, pixels, delta);
            PixelBall.Start(norm, 1, pixels, wide, 3, 17, image);
            if (!bounded) Assert.That(delta.Zip(wide, (a, b) => Math.Abs(2 * a - b)).Max(), Is.LessThan(1e-5));
            PixelBall.Start(norm, 0.5, pixels, other, 3, 18, image);
            if (length > 1) Assert.That(other, Is.Not.EqualTo(delta)); // a single pixel may be cut
            if (Math.Abs(delta[0]) < 0.25) inner++;
        }
        // An interval is the only ball that either norm shares.
        if (length == 1 && !bounded) Assert.That(inner, Is.EqualTo(50).Within(20), "half of an interval holds half of the starts");
    }

    [Test]
    public void Starts_of_two_dimensions_fill_the_disc()
    {
        var delta = new float[2];
        var within = 0;
        for (var image = 0; image < 4000; image++)
        {
            PixelBall.Start(PerturbationNorm.L2, 1, [], delta, 3, 17, image);
            if (FloatVectors.Norm(delta) < 0.5) within++;
        }
        Assert.That(within, Is.EqualTo(1000).Within(110), "a quarter of the area");
    }

    [Test]
    public void A_step_has_its_length_along_the_gradient_or_none_where_there_is_no_gradient()
    {
        float[] delta = [1, 1, 1];
        PixelBall.Ascend(PerturbationNorm.L2, 10, [3, 0, -4], delta);
        Assert.That(delta, Is.EqualTo(new float[] { 7, 1, -7 }));
        PixelBall.Ascend(PerturbationNorm.Linf, 2, [3e-20f, 0, -4], delta);
        Assert.That(delta, Is.EqualTo(new float[] { 9, 1, -9 }));
        foreach (var norm in Enum.GetValues<PerturbationNorm>())
        {
            PixelBall.Ascend(norm, 2, [0, 0, 0], delta);
            PixelBall.Ascend(norm, 2, [1, float.NaN, 0], delta);
            PixelBall.Ascend(norm, 2, [1, float.PositiveInfinity, 0], delta);
            Assert.That(delta, Is.EqualTo(new float[] { 9, 1, -9 }));
        }
    }

    [TestCase("0.5,0.1", "0.1 0.5")]
    [TestCase(" 8/255, 1/255", "1/255 8/255")]
    [TestCase("1e-2", "1e-2")]
    public void Radii_are_read_in_order_and_keep_their_names(string text, string names) =>
        Assert.That(string.Join(' ', Radius.ParseList(text)!.Select(radius => radius.Text)), Is.EqualTo(names));

    [Test]
    public void A_fraction_is_divided() => Assert.That(Radius.ParseList("8/255")![0].Value, Is.EqualTo(8 / 255.0));

    [TestCase("")]
    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("0.1,,0.2")]
    [TestCase("0.1;0.2")]
    [TestCase("1/0")]
    [TestCase("1/2/3")]
    [TestCase("NaN")]
    [TestCase("1e999")]
    [TestCase("0.5,1/2")]
    public void What_is_no_list_of_radii_is_none(string text) => Assert.That(Radius.ParseList(text), Is.Null);

    private static void AssertWithin(PerturbationNorm norm, double radius, float[] pixels, float[] delta)
    {
        var size = norm == PerturbationNorm.L2 ? FloatVectors.Norm(delta) : delta.Max(Math.Abs);
        Assert.That(size, Is.LessThanOrEqualTo(radius * (1 + 1e-6)));
        for (var i = 0; i < pixels.Length; i++) Assert.That((double)pixels[i] + delta[i], Is.InRange(-1e-7, 1 + 1e-7));
    }

    // In double; for L2 by bisection for the factor s of clip(s·δ).
    private static double[] Nearest(PerturbationNorm norm, double radius, float[] pixels, float[] delta)
    {
        if (norm == PerturbationNorm.Linf) return Cut(delta.Select(value => Math.Clamp(value, -radius, radius)));
        var (low, high) = (0.0, 1.0);
        if (Norm(Cut(delta.Select(value => (double)value))) <= radius) low = 1;
        for (var i = 0; i < 60 && low < 1; i++)
        {
            var middle = (low + high) / 2;
            if (Norm(Cut(delta.Select(value => middle * value))) <= radius) low = middle;
            else high = middle;
        }
        return Cut(delta.Select(value => low * value));

        double[] Cut(IEnumerable<double> values) => [.. values.Select((value, i) => pixels.Length == 0 ? value : Math.Clamp(value, -pixels[i], 1.0 - pixels[i]))];
    }

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(value => value * value));
}

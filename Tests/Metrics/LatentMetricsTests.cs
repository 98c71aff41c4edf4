using System.Diagnostics;
using LpcEngine.Engine;
using LpcEngine.Experiments.Metrics;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Metrics;

internal sealed class LatentMetricsTests
{
    [Test]
    public void An_exact_simplex_has_collapsed_in_every_way()
    {
        const int Classes = 5;
        double[] vertices = new double[Classes * Classes];
        for (int i = 0; i < vertices.Length; i++)
        {
            vertices[i] = (i / Classes == i % Classes ? 1 : 0) - (1.0 / Classes);
        }

        double[] latents = [.. Enumerable.Range(0, 20).SelectMany(i => vertices.Skip(i % Classes * Classes).Take(Classes))];
        int[] labels = [.. Enumerable.Range(0, 20).Select(i => i % Classes)];
        var result = LatentMetrics.Measure(new LatentSet(latents, Classes, labels, Classes), [.. vertices.Select(v => 3 * v)]);
        Assert.That(result["nc1"], Is.EqualTo(0).Within(1e-20));
        Assert.That(result["nc2_equinorm"], Is.EqualTo(0).Within(1e-12));
        Assert.That(result["nc2_equiangularity"], Is.EqualTo(0).Within(1e-12));
        Assert.That(result["nc2_max_angle"], Is.EqualTo(0).Within(1e-12));
        Assert.That(result["nc3"], Is.EqualTo(0).Within(1e-12));
        Assert.That(result["nc4_mismatch"], Is.Zero);
        Assert.That(result["sigma_w_trace"], Is.EqualTo(0).Within(1e-25));
        Assert.That(result["separation_ratio"], Is.EqualTo(1e12).Within(1), "capped, neither 0 nor infinite");
        Assert.That(result.Notes, Has.Some.StartWith("20 samples lie on their class's centroid"));
        Assert.That(result["cv_norm"], Is.EqualTo(0).Within(1e-12));
    }

    [Test]
    public void Known_points_give_known_numbers()
    {
        // Two classes on a line: −3 ± 1 and 3 ± 1.
        var result = LatentMetrics.Measure(new LatentSet([-4f, -2f, 2f, 4f], 1, [0, 0, 1, 1], 2));
        Assert.That(result["sigma_w_trace"], Is.EqualTo(2), "sample covariance: (1 + 1) / (2 − 1)");
        Assert.That(result["sigma_w_mean_entry"], Is.EqualTo(2));
        Assert.That(result["sigma_w_relative"], Is.EqualTo(2.0 / 9));
        Assert.That(result["separation_ratio"], Is.EqualTo((7.0 + 5 + 5 + 7) / 4));
        Assert.That(result["mean_norm"], Is.EqualTo(3));
        Assert.That(result["cv_norm"], Is.EqualTo(1.0 / 3).Within(1e-15));
        Assert.That(result["cv_abs"], Is.EqualTo(1.0 / 3).Within(1e-15));
        Assert.That(result["nc1"], Is.EqualTo(2.0 / 9 / 2).Within(1e-15));
        Assert.That(result["nc2_max_angle"], Is.EqualTo(0).Within(1e-15));
        Assert.That(result["nc3"], Is.NaN, "no classifier was given");
    }

    [Test]
    public void Digits_far_behind_the_point_are_not_lost()
    {
        // A cluster of width 1e-6 at distance 1,000: one-pass sums of squares in double would lose it.
        double[] latents = [1000, 1000 + 2e-6, -1000, -1000 - 2e-6];
        var result = LatentMetrics.Measure(new LatentSet(latents, 1, [0, 0, 1, 1], 2));
        Assert.That(result["sigma_w_trace"], Is.EqualTo(2e-12).Within(1e-18));
        Assert.That(result["separation_ratio"], Is.EqualTo(2e9).Within(1e3));
    }

    [Test]
    public void Nan_latents_measure_nothing_and_are_told()
    {
        var result = LatentMetrics.Measure(new LatentSet([1f, 2, float.NaN, 4, 5, float.NegativeInfinity], 2, [0, 1, 0], 2), [1, 2, 3, 4]);
        Assert.That(result.Values.Select(v => v.Value), Has.All.NaN);
        Assert.That(result.Notes.Single(), Does.StartWith("2 of 3 samples").And.Contain("sample 1"));
    }

    [Test]
    public void A_class_without_members_and_one_of_one_are_left_out_and_told()
    {
        double[] latents = [-4, -2, 2, 4, 100];
        var result = LatentMetrics.Measure(new LatentSet(latents, 1, [0, 0, 2, 2, 3], 4));
        Assert.That(result["sigma_w_trace"], Is.EqualTo(2).Within(1e-12));
        Assert.That(result["separation_ratio"], Is.EqualTo(6).Within(1e-12), "the lone sample is its own centroid and has no ratio");
        Assert.That(result.Notes, Has.Some.StartWith("1 of 4 classes have no samples").And.Some.StartWith("1 classes have a single sample"));
        Assert.That(result["nc1"], Is.Not.NaN);
    }

    [Test]
    public void One_sample_one_class_and_coinciding_points_give_no_nonsense()
    {
        var one = LatentMetrics.Measure(new LatentSet([3f, 4], 2, [1], 3), new double[6]);
        Assert.That((one["mean_norm"], one["cv_norm"]), Is.EqualTo((5.0, 0.0)));
        Assert.That(new[] { one["sigma_w_trace"], one["separation_ratio"], one["nc1"], one["nc2_equinorm"], one["nc3"] }, Has.All.NaN);

        var same = LatentMetrics.Measure(new LatentSet(new float[8], 2, [0, 0, 1, 1], 2), new double[4]);
        Assert.That(same["separation_ratio"], Is.Zero, "nothing separates");
        Assert.That(new[] { same["cv_norm"], same["cv_abs"], same["nc1"], same["nc2_equinorm"], same["nc3"] }, Has.All.NaN);
        Assert.That(same["sigma_w_trace"], Is.Zero);
    }

    /// <summary>The contract of summary.json and of the verb metrics, in its order; what follows are the definitions of the authors' code.</summary>
    [Test]
    public void The_keys_are_those_of_the_contract_in_its_order()
    {
        const string Contract = "sigma_w_mean_entry sigma_w_trace sigma_w_trace_per_dim sigma_w_relative separation_ratio cv_norm cv_abs mean_norm entropy entropy_raw "
            + "nc1 nc1_per_dim nc2_equinorm nc2_equiangularity nc2_max_angle nc3 nc4_mismatch binarity_score binarity_score_min peaks_distance peaks_distance_min binarity_sigma";
        string[] keys = Contract.Split(' ');
        var set = Clusters(60, 3, 3, 0.1f);
        Assert.That(LatentMetrics.Measure(set).Values.Select(v => v.Key).Take(keys.Length), Is.EqualTo(keys));
        var without = LatentMetrics.Measure(set, withEntropy: false).Values.Select(v => v.Key);
        Assert.That(without.Take(keys.Length - 2), Is.EqualTo(keys.Where(k => !k.StartsWith("entropy", StringComparison.Ordinal))));
        Assert.That(LatentMetrics.Measure(set).Values.Select(v => v.Key), Is.Unique);
    }

    [Test]
    public void The_definitions_of_the_authors_code_have_names_of_their_own()
    {
        // Class 0 at −1 and −3, class 1 at 1, 3 and −2, which the classifier takes for class 0.
        double[] latents = [-1, -3, 1, 3, -2];
        var result = LatentMetrics.Measure(new LatentSet(latents, 1, [0, 0, 1, 1, 1], 2), [-1, 1]);
        Assert.That(result["nc4_mismatch"], Is.Zero);
        Assert.That(result["sigma_w_mean_entry"], Is.EqualTo((2 + (19.0 / 3)) / 2).Within(1e-12), "means −2 and 2/3");
        Assert.That(result["sigma_w_mean_entry_predicted"], Is.EqualTo((1 + 2.0) / 2).Within(1e-12), "−1, −3, −2 and 1, 3");
        Assert.That(result["nc2_equinorm_predicted"], Is.Not.EqualTo(result["nc2_equinorm"]));

        // A point on its centroid counts 0 there, and as many as the floor allows here.
        var exact = LatentMetrics.Measure(new LatentSet([-2.0, -2, 1, 3], 1, [0, 0, 1, 1], 2));
        Assert.That(exact["separation_ratio_code"], Is.EqualTo((0 + 0 + 3.0 + 5) / 4).Within(1e-12));
        Assert.That(exact["separation_ratio"], Is.EqualTo((1e12 + 1e12 + 3 + 5) / 4).Within(1));
        Assert.That(exact["separation_on_centroid"], Is.EqualTo(2));
        Assert.That(exact["sigma_w_mean_entry_predicted"], Is.NaN, "no classifier, no prediction");
    }

    [TestCase(100)]
    [TestCase(1000)]
    public void With_many_more_classes_than_dimensions_NC1_is_that_of_an_explicit_inverse(int classes)
    {
        var random = new Random(7);
        const int Each = 3;
        var labels = Enumerable.Range(0, classes * Each).Select(i => i % classes).ToArray();
        var centres = Enumerable.Range(0, 2 * classes).Select(_ => random.NextDouble() * 4 - 2).ToArray();
        var latents = labels.SelectMany(label => new[] { centres[2 * label] + 0.3 * random.NextDouble(), centres[2 * label + 1] + 0.5 * random.NextDouble() }).ToArray();
        // Two dimensions: Σ_W and Σ_B in full, and the inverse by its formula.
        var means = Enumerable.Range(0, classes).Select(c => (X: Mean(c, 0), Y: Mean(c, 1))).ToArray();
        double mx = means.Average(m => m.X), my = means.Average(m => m.Y), bxx = 0, bxy = 0, byy = 0, wxx = 0, wxy = 0, wyy = 0;
        foreach (var (x, y) in means) (bxx, bxy, byy) = (bxx + (x - mx) * (x - mx) / classes, bxy + (x - mx) * (y - my) / classes, byy + (y - my) * (y - my) / classes);
        for (var i = 0; i < labels.Length; i++)
        {
            double x = latents[2 * i] - means[labels[i]].X, y = latents[2 * i + 1] - means[labels[i]].Y, share = 1.0 / (Each - 1) / classes;
            (wxx, wxy, wyy) = (wxx + x * x * share, wxy + x * y * share, wyy + y * y * share);
        }
        var expected = (wxx * byy - 2 * wxy * bxy + wyy * bxx) / (bxx * byy - bxy * bxy) / classes;
        Assert.That(LatentMetrics.Measure(new LatentSet(latents, 2, labels, classes))["nc1"], Is.EqualTo(expected).Within(1e-9 * expected));

        double Mean(int c, int j) => Enumerable.Range(0, Each).Average(k => latents[2 * (c + k * classes) + j]);
    }

    [Test]
    public void More_dimensions_than_samples_and_a_thousand_classes_are_measured()
    {
        var wide = LatentMetrics.Measure(Clusters(30, 200, 3, 0.1f));
        Assert.That(wide.Values.Where(v => !NeedsClassifier(v.Key)).Select(v => v.Value), Has.None.NaN);
        var many = LatentMetrics.Measure(Clusters(3000, 8, 1000, 0.1f), new double[8000]);
        Assert.That(many["nc1"], Is.GreaterThan(0));
        Assert.That(many["entropy"], Is.Not.NaN);
        var two = LatentMetrics.Measure(Clusters(100, 5, 2, 0.1f));
        Assert.That(two["nc2_max_angle"], Is.EqualTo(0).Within(1e-12), "two centred means are always opposed");
        Assert.That(two.Values.Where(v => !NeedsClassifier(v.Key)).Select(v => v.Value), Has.None.NaN);
    }

    [Test]
    public void Floats_and_doubles_give_the_same_and_threads_do_not_matter()
    {
        var set = Clusters(5000, 24, 10, 0.5f);
        double[] row = new double[24], all = new double[5000 * 24], classifier = [.. Enumerable.Range(0, 240).Select(i => (double)Philox.Normal(9, 0, (ulong)i))];
        for (int i = 0; i < 5000; i++)
        {
            set.CopyRow(i, row);
            row.CopyTo(all, i * 24);
        }

        var first = LatentMetrics.Measure(set, classifier).Values;
        foreach (int threads in (int[])[1, 2, 3, 7])
        {
            var again = LatentMetrics.Measure(new LatentSet(all, 24, set.Labels, 10, threads), classifier).Values;
            Assert.That(again.Select(v => BitConverter.DoubleToInt64Bits(v.Value)), Is.EqualTo(first.Select(v => BitConverter.DoubleToInt64Bits(v.Value))), $"{threads} threads");
        }
    }

    [Test]
    public void A_full_training_set_takes_seconds()
    {
        var set = Clusters(50_000, 64, 10, 0.5f);
        var watch = Stopwatch.StartNew();
        LatentMetrics.Measure(set, new double[640], withEntropy: false);
        TestContext.Out.WriteLine($"50,000 x 64 but the entropies: {watch.Elapsed.TotalSeconds:F2} s");
        LatentMetrics.Measure(set, new double[640]);
        TestContext.Out.WriteLine($"and again with them: {watch.Elapsed.TotalSeconds:F2} s");
        Assert.That(watch.Elapsed.TotalSeconds, Is.LessThan(80), "the bounds are 20 s, and 60 s for the raw entropy, on two cores that do nothing else");
    }

    [Test]
    public void What_does_not_fit_is_named()
    {
        UserErrors.Expect(() => _ = new LatentSet(new float[5], 2, [0, 1], 2), "5 numbers", "2 labels", "2 dimensions");
        UserErrors.Expect(() => _ = new LatentSet(new float[4], 2, [0, 2], 2), "labels[1] is 2", "0 to 1");
        UserErrors.Expect(() => _ = new LatentSet(new float[4], 2, [-1, 0], 2), "labels[0] is -1");
        UserErrors.Expect(() => LatentMetrics.Measure(new LatentSet(new float[4], 2, [0, 1], 2), new double[3]), "classifier", "[2, 2]");
    }

    [Test]
    public void The_two_directions_of_largest_variance_are_found()
    {
        float[] latents = new float[300 * 5];
        for (int i = 0; i < 300; i++)
        {
            for (int j = 0; j < 5; j++)
            {
                latents[(i * 5) + j] = (j switch { 3 => 10, 1 => 4, _ => 0.1f }) * Philox.Normal(1, (uint)j, (ulong)i);
            }
        }

        var projection = PrincipalComponents.Project(new LatentSet(latents, 5, new int[300], 1))!;
        Assert.That(projection.Explained, Is.GreaterThan(0.99));
        double correlation = Math.Abs(Enumerable.Range(0, 300).Sum(i => projection.X[i] * latents[(i * 5) + 3])) / 300 / 100;
        Assert.That(correlation, Is.EqualTo(1).Within(0.2));
        Assert.That(Vectors.Norm(projection.X), Is.GreaterThan(Vectors.Norm(projection.Y)));
        var flat = PrincipalComponents.Project(new LatentSet(new float[] { 1, 2, 3 }, 1, [0, 0, 0], 1))!;
        Assert.That(flat.Y, Has.All.Zero, "one dimension has no second direction");
    }

    private static bool NeedsClassifier(string key) =>
        key.StartsWith("nc3", StringComparison.Ordinal) || key.StartsWith("nc4", StringComparison.Ordinal) || key.EndsWith("_predicted", StringComparison.Ordinal);

    private static LatentSet Clusters(int n, int d, int classes, float width)
    {
        float[] latents = new float[n * d];
        int[] labels = [.. Enumerable.Range(0, n).Select(i => i % classes)];
        Parallel.For(0, n, i =>
        {
            for (int j = 0; j < d; j++)
            {
                latents[(i * d) + j] = Philox.Normal(1, (uint)j, (ulong)labels[i]) + (width * Philox.Normal(2, (uint)j, (ulong)i));
            }
        });
        return new LatentSet(latents, d, labels, classes);
    }
}

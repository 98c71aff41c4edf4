using LpcEngine.Experiments.Metrics;

namespace LpcEngine.Tests.Metrics;

/// <summary>Distances to the k-th neighbour, against a plain double loop over all pairs.</summary>
internal sealed class NeighbourSearchTests
{
    [TestCase(1, 2, 1)]
    [TestCase(31, 3, 5)]
    [TestCase(33, 1, 20)]
    [TestCase(300, 7, 20)]
    [TestCase(700, 64, 20)]
    [TestCase(500, 65, 1)]
    [TestCase(260, 300, 100)]
    public void Random_points(int more, int d, int k)
    {
        int n = k + more;
        Compare(Points(n, d, (i, j) => Normal(j, i)), d, k, n);
    }

    /// <summary>Ten clusters whose width is 10⁻⁶ of their distance, and 10⁻⁷, below what floats can tell at all; labels mixed and sorted.</summary>
    [Test]
    public void Collapsed_clusters([Values(1e-6, 1e-7, 1e-12)] double width, [Values] bool sorted)
    {
        const int N = 600, D = 16;
        double[] points = Points(N, D, (i, j) => Normal(j, 1000 + Label(i)) + (width * Normal(j, i)));
        Compare(points, D, 20, N, Label);
        int Label(int i) => sorted ? i / 60 : i % 10;
    }

    [Test]
    public void An_offset_a_thousand_times_the_spread()
    {
        double[] points = Points(400, 9, (i, j) => 1000 + Normal(j, i));
        Compare(points, 9, 20, 400);
        float[] floats = Array.ConvertAll(points, x => (float)x);
        var set = new LatentSet(floats, 9, new int[400], 1);
        Assert.That(NeighbourSearch.Distances(set, Ones(9), 20), Is.EqualTo(Plain(Array.ConvertAll(floats, x => (double)x), Ones(9), 400, 20)).Within(1e-12).Percent);
    }

    [Test]
    public void Duplicates_and_points_at_distance_zero()
    {
        // 30 copies of each of 10 points: neighbour 20 is at distance 0, neighbour 40 is another point.
        double[] points = Points(300, 5, (i, j) => Normal(j, i % 10));
        var set = new LatentSet(points, 5, new int[300], 1);
        Assert.That(NeighbourSearch.Distances(set, Ones(5), 20), Has.All.Zero);
        Compare(points, 5, 40, 300);
        Compare(new double[300], 1, 20, 300);
    }

    [Test]
    public void Scales_from_tiny_to_huge_and_one_far_point([Values(1e-30, 1e-3, 1e12, 1e100)] double scale)
    {
        Compare(Points(200, 6, (i, j) => scale * Normal(j, i)), 6, 10, 200);
        Compare(Points(200, 6, (i, j) => scale * (i == 17 ? 1e9 : 1) * Normal(j, i)), 6, 10, 200);
    }

    [Test]
    public void Weights_per_coordinate_from_collapsed_data()
    {
        const int N = 500, D = 12;
        double[] points = Points(N, D, (i, j) => (((i % 4) >> (j % 2)) % 2 == 0 ? 1e-3 : -1e-3) * (1 + (1e-5 * Normal(j, i))));
        var set = new LatentSet(Array.ConvertAll(points, x => (float)x), D, [.. Enumerable.Range(0, N).Select(i => i % 4)], 4);
        double[] weights = Standardisation.Of(set).Weights, row = new double[D];
        for (int i = 0; i < N; i++)
        {
            set.CopyRow(i, row);
            row.CopyTo(points, i * D);
        }

        Assert.That(NeighbourSearch.Distances(set, weights, 20), Is.EqualTo(Plain(points, weights, N, 20)).Within(1e-10).Percent);
    }

    /// <summary>What marks pairs is never above the true sum by more than its bound, whichever width of vectors does it.</summary>
    [Test]
    public unsafe void The_screening_marks_what_is_near([Values(1, 5, 64, 65, 200)] int d)
    {
        float[] panel = [.. Enumerable.Range(0, d * 32).Select(i => (float)Normal(1, i))], other = [.. Enumerable.Range(0, d * 32).Select(i => (float)Normal(2, i))];
        float[] thresholds = [.. Enumerable.Range(0, 8).Select(q => 2f * d * (0.7f + (0.1f * q)))];
        uint[] masks = new uint[8];
        fixed (float* p = panel, q = other, t = thresholds)
        {
            fixed (uint* m = masks)
            {
                bool any = NeighbourKernel.Screen(p, q + 8, d, t, m);
                Assert.That(any, Is.EqualTo(masks.Any(mask => mask != 0)));
            }
        }

        for (int q = 0; q < 8; q++)
        {
            for (int i = 0; i < 32; i++)
            {
                double sum = Enumerable.Range(0, d).Sum(j => Math.Pow((double)panel[(j * 32) + i] - other[(j * 32) + 8 + q], 2));
                bool marked = (masks[q] >> i & 1) != 0;
                if (Math.Abs(sum - thresholds[q]) > 1e-5 * sum) Assert.That(marked, Is.EqualTo(sum < thresholds[q]), $"query {q}, point {i}");
            }
        }
    }

    private static double Normal(int stream, int index) => Philox.Normal(3, (uint)stream, (ulong)index);

    private static double[] Points(int n, int d, Func<int, int, double> at) => [.. Enumerable.Range(0, n * d).Select(i => at(i / d, i % d))];

    private static double[] Ones(int d) => [.. Enumerable.Repeat(1.0, d)];

    private static void Compare(double[] points, int d, int k, int n, Func<int, int>? label = null)
    {
        int[] labels = [.. Enumerable.Range(0, n).Select(label ?? (_ => 0))];
        var set = new LatentSet(points, d, labels, labels.Max() + 1);
        Assert.That(NeighbourSearch.Distances(set, Ones(d), k), Is.EqualTo(Plain(points, Ones(d), n, k)).Within(1e-12).Percent);
    }

    private static double[] Plain(double[] points, double[] weights, int n, int k)
    {
        int d = weights.Length;
        return [.. Enumerable.Range(0, n).Select(i =>
        {
            double[] distances = [.. Enumerable.Range(0, n).Where(other => other != i).Select(other => Math.Sqrt(Enumerable.Range(0, d).Sum(j =>
            {
                double difference = (points[(i * d) + j] - points[(other * d) + j]) * weights[j];
                return difference * difference;
            })))];
            Array.Sort(distances);
            return distances[k - 1];
        })];
    }
}

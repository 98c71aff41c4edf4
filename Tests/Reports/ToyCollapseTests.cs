using LpcEngine.Experiments.Demonstration;

namespace LpcEngine.Tests.Reports;

/// <summary>The demonstration in two dimensions shows what it claims.</summary>
internal sealed class ToyCollapseTests
{
    private static readonly Lazy<IReadOnlyList<ToySnapshot>> Snapshots = new(() => ToyCollapse.Run());

    [Test]
    public void Latents_shrink_while_classes_stay_apart()
    {
        Assert.That(Snapshots.Value.Select(snapshot => snapshot.Gamma), Is.EqualTo(ToyCollapse.Inspected));
        Assert.That(Snapshots.Value.Select(snapshot => snapshot.MeanNorm), Is.Ordered.Descending);
        Assert.That(Snapshots.Value[^1].MeanNorm, Is.LessThan(0.2 * Snapshots.Value[0].MeanNorm));
        Assert.That(Snapshots.Value.Select(snapshot => snapshot.Accuracy), Has.All.GreaterThan(0.97));
    }

    [Test]
    public void Latents_settle_where_the_penalty_balances_the_loss()
    {
        // z = (d/(2γ))·Σ over classes of (onehot − p)·w: the mean of z over all samples then vanishes with that of onehot − p, whatever the weights.
        var last = Snapshots.Value[^1];
        double x = 0, y = 0;
        for (var i = 0; i < last.Labels.Length; i++) (x, y) = (x + last.Latents[2 * i], y + last.Latents[2 * i + 1]);
        Assert.That(Math.Sqrt(x * x + y * y) / last.Labels.Length, Is.LessThan(0.15 * last.MeanNorm));
    }

    [Test]
    public void The_same_seed_gives_the_same_bits() =>
        Assert.That(ToyCollapse.Run(perClass: 50)[^1].Latents, Is.EqualTo(ToyCollapse.Run(perClass: 50)[^1].Latents));

    [Test]
    public void Points_lie_around_distinct_vertices_of_a_hypercube()
    {
        var data = ToyData.Draw(perClass: 4000, seed: 3);
        var means = Enumerable.Range(0, ToyData.Classes).Select(c => Enumerable.Range(0, ToyData.Dimensions)
            .Select(j => Enumerable.Range(0, data.Count).Where(i => data.Labels[i] == c).Average(i => data.Points[i * ToyData.Dimensions + j])).ToArray()).ToArray();
        Assert.That(means.SelectMany(mean => mean).Select(Math.Abs), Has.All.EqualTo(1).Within(5 * 0.8 / Math.Sqrt(4000)));
        Assert.That(means.Select(mean => string.Join(' ', mean.Select(Math.Sign))).Distinct().Count(), Is.EqualTo(ToyData.Classes));
    }
}

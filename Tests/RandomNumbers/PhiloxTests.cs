using LpcEngine.Engine;

namespace LpcEngine.Tests.RandomNumbers;

internal sealed class PhiloxTests
{
    // The known answers published with Random123 (kat_vectors, philox4x32 with 10 rounds).
    [TestCase(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [TestCase(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [TestCase(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdcceb, 0x5001e420u, 0x24126ea1u)]
    public void It_gives_the_published_answers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint x, uint y, uint z, uint w) =>
        Assert.That(Philox.Block(c0, c1, c2, c3, k0, k1), Is.EqualTo((x, y, z, w)));

    [Test]
    public void Seed_stream_and_index_all_matter()
    {
        var all = new HashSet<(uint, uint, uint, uint)>
        {
            Philox.Bits(1, 0, 0), Philox.Bits(1UL << 32, 0, 0), Philox.Bits(0, 1, 0), Philox.Bits(0, 0, 1), Philox.Bits(0, 0, 1UL << 32),
        };
        Assert.That(all, Has.Count.EqualTo(5));
    }

    [Test]
    public void Uniform_numbers_fill_zero_to_one_and_never_reach_one()
    {
        float[] values = [.. Enumerable.Range(0, 100_000).Select(i => Philox.Uniform(3, 1, (ulong)i))];
        Assert.That(values.Min(), Is.InRange(0f, 1e-4f));
        Assert.That(values.Max(), Is.InRange(1 - 1e-4f, 1 - (1f / (1 << 24))));
        Assert.That(values.Average(), Is.EqualTo(0.5).Within(0.005));
        Assert.That(Philox.ToUniform(uint.MaxValue), Is.LessThan(1f));
    }

    [Test]
    public void Normal_numbers_have_the_moments_of_the_normal_distribution()
    {
        double[] values = [.. Enumerable.Range(0, 100_000).Select(i => (double)Philox.Normal(5, 2, (ulong)i))];
        Assert.That(values.Average(), Is.EqualTo(0).Within(0.015));
        Assert.That(values.Average(v => v * v), Is.EqualTo(1).Within(0.02));
        Assert.That(values.Average(v => v * v * v * v), Is.EqualTo(3).Within(0.15));
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(10)]
    public void Below_gives_each_outcome_its_share(int n)
    {
        const int Draws = 70_000;
        int[] counts = new int[n];
        for (int i = 0; i < Draws; i++)
        {
            counts[Philox.Below(9, 0, (ulong)i, n)]++;
        }

        Assert.That(counts, Has.All.InRange(0.93 * Draws / n, 1.07 * Draws / n));
    }

    [Test]
    public void Below_refuses_no_outcomes() => Assert.Throws<ArgumentOutOfRangeException>(() => Philox.Below(0, 0, 0, 0));

    [Test]
    public void A_permutation_holds_every_number_once_and_hangs_on_seed_and_stream_alone()
    {
        int[] first = new int[1000], again = new int[1000], other = new int[1000];
        Array.Fill(again, 77);
        Philox.Permutation(first, 4, 2);
        Philox.Permutation(again, 4, 2);
        Philox.Permutation(other, 4, 3);
        Assert.That(first.Order(), Is.EqualTo(Enumerable.Range(0, 1000)));
        Assert.That(again, Is.EqualTo(first));
        Assert.That(other, Is.Not.EqualTo(first));
    }

    [Test]
    public void Every_order_of_three_is_equally_likely()
    {
        var counts = new Dictionary<string, int>();
        int[] order = new int[3];
        for (uint stream = 0; stream < 12_000; stream++)
        {
            Philox.Permutation(order, 1, stream);
            string key = string.Join(",", order);
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }

        Assert.That(counts.Values, Has.Count.EqualTo(6).And.All.InRange(1850, 2150));
    }
}

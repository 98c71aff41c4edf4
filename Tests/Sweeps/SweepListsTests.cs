using LpcEngine.Experiments.Sweeps;
using LpcEngine.Models;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Sweeps;

/// <summary>The lists of a sweep's command line.</summary>
internal sealed class SweepListsTests
{
    [Test]
    public void Lists_are_read_and_rates_are_sorted()
    {
        Assert.That(SweepLists.ParseVariants(null), Is.EqualTo(Variants.All));
        Assert.That(SweepLists.ParseVariants("nopen, lpc").Select(variant => variant.Name), Is.EqualTo(new[] { "nopen", "lpc" }));
        Assert.That(SweepLists.ParseRates(null), Is.Null);
        Assert.That(SweepLists.ParseRates("4e-4,1e-4,0.0002"), Is.EqualTo(new[] { 1e-4, 2e-4, 4e-4 }));
    }

    [TestCase("3", new long[] { 1, 2, 3 })]
    [TestCase("7,", new long[] { 7 })]
    [TestCase("2,0,-1", new long[] { 2, 0, -1 })]
    public void Seeds_are_a_count_or_a_list(string text, long[] seeds) => Assert.That(SweepLists.ParseSeeds(text), Is.EqualTo(seeds));

    [TestCase("0")]
    [TestCase("-3")]
    [TestCase("1.5")]
    [TestCase("many")]
    [TestCase("100000")]
    [TestCase(",")]
    [TestCase("1,,2")]
    [TestCase("1,x")]
    [TestCase("1,2,1")]
    [TestCase("99999999999999999999,")]
    public void Wrong_seeds_are_refused(string text) => UserErrors.Expect(() => SweepLists.ParseSeeds(text), "--seeds");

    [TestCase("0")]
    [TestCase("-1e-4")]
    [TestCase("1e-4,nan")]
    [TestCase("1e-4,1e999")]
    [TestCase("fast")]
    [TestCase(",")]
    [TestCase("1e-4,,2e-4")]
    [TestCase("1e-4,0.0001")]
    public void Wrong_rates_are_refused(string text) => UserErrors.Expect(() => SweepLists.ParseRates(text), "--lrs");

    [TestCase("-1")]
    [TestCase("1e6,nan")]
    [TestCase("50,50.0")]
    [TestCase("1e6,")]
    [TestCase(",")]
    public void Gammas_are_numbers_that_differ(string text)
    {
        if (text == "1e6,") Assert.That(SweepLists.ParseGammas(text), Is.EqualTo(new[] { 1e6 }));
        else UserErrors.Expect(() => SweepLists.ParseGammas(text), "--gammas");
    }

    [TestCase(",", "--variants", "empty")]
    [TestCase("lpc,,nopen", "--variants", "empty")]
    [TestCase("lpc,lpx", "lpx", "lpc-narrow")]
    [TestCase("lpc,lpc", "--variants", "twice")]
    public void Wrong_variants_are_refused(string text, string word, string other) => UserErrors.Expect(() => SweepLists.ParseVariants(text), word, other);

    [TestCase(1e-4, "1e-4")]
    [TestCase(1.6e-3, "1.6e-3")]
    [TestCase(0.05, "0.05")]
    [TestCase(1, "1")]
    public void Rates_are_written_as_people_write_them(double rate, string text) => Assert.That(SweepCell.RateText(rate), Is.EqualTo(text));
}

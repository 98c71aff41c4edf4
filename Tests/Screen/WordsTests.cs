using LpcEngine.Experiments.Screen;

namespace LpcEngine.Tests.Screen;

/// <summary>Times and counts as people read them.</summary>
internal sealed class WordsTests
{
    [TestCase(0, "0.0 ms")]
    [TestCase(0.00042, "0.4 ms")]
    [TestCase(0.00996, "10 ms")]
    [TestCase(0.0284, "28 ms")]
    [TestCase(0.9994, "999 ms")]
    [TestCase(0.9996, "1.0 s")]
    [TestCase(1.66, "1.7 s")]
    [TestCase(50_000, "50,000 s")]
    public void What_one_of_many_takes(double seconds, string text) => Assert.That(Durations.Short(seconds), Is.EqualTo(text));

    [TestCase(0, "0 s")]
    [TestCase(59.4, "59 s")]
    [TestCase(154, "2 min 34 s")]
    [TestCase(7380, "2 h 03 min")]
    [TestCase(86_400 * 2.04, "2.0 days")]
    [TestCase(-1, "0 s")]
    [TestCase(1e300, "5,337,599.6 days")]
    public void How_long_all_takes(double seconds, string text) => Assert.That(Durations.Text(seconds), Is.EqualTo(text));

    [TestCase(0, "0 steps")]
    [TestCase(1, "1 step")]
    [TestCase(4158, "4,158 steps")]
    public void How_many(long count, string text) => Assert.That(Counts.Text(count, "step"), Is.EqualTo(text));
}

namespace LpcEngine.Tests.Engine;

/// <summary>A mistyped word is told apart from a word that means something else.</summary>
public sealed class NearMisses
{
    private static readonly string[] Known = ["lpc", "lpc-wide", "lpc-narrow", "scl", "cifar10", "cifar100", "--epochs", "--eval-every", "cpu", "cuda"];

    [TestCase("lpc-narow", "lpc-narrow")]
    [TestCase("lcp", "lpc")]
    [TestCase("LPC-WIDE", "lpc-wide")]
    [TestCase("lpc_wide", "lpc-wide")]
    [TestCase("cifar", "")]
    [TestCase("cifar1", "cifar10")]
    [TestCase("cifar1000", "cifar100")]
    [TestCase("cuad", "cuda")]
    [TestCase("gpu", "")]
    [TestCase("--epoch", "--epochs")]
    [TestCase("--learning-rate", "")]
    [TestCase("", "")]
    [TestCase("x", "")]
    [TestCase("cifar15", "cifar10")]
    public void The_nearest_word_is_found_and_a_far_one_is_not(string word, string expected) => Assert.That(string.Join(' ', NearMiss.Of(word, Known)), Is.EqualTo(expected));

    [Test]
    public void Words_at_the_same_distance_are_all_asked_for() => Assert.That(NearMiss.Question("lpc-x", ["lpc-a", "lpc-b", "other"]), Is.EqualTo(" Did you mean 'lpc-a' or 'lpc-b'?"));
}

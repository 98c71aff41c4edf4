using LpcEngine.Tests.Experiments;

namespace LpcEngine.Tests.Sweeps;

/// <summary>What sweep refuses, before it starts a run.</summary>
public sealed class SweepMistakes
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    private string[] Command => ["sweep", "synthetic10", "--preset", "quick", "--train-size", "3", "--test-size", "2", "--out", folder["runs"], "--device", "cpu"];

    [TestCase("--variants", "lpx", "lpx")]
    [TestCase("--variants", "lpc,lpc", "twice")]
    [TestCase("--variants", "", "--variants")]
    [TestCase("--lrs", "0", "--lrs")]
    [TestCase("--lrs", ",", "--lrs")]
    [TestCase("--seeds", "1,1", "twice")]
    [TestCase("--seeds", "x", "--seeds")]
    [TestCase("--jobs", "0", "--jobs")]
    [TestCase("--jobs", "many", "--jobs")]
    [TestCase("--width", "0", "--width")]
    [TestCase("--select", "train", "--select")]
    [TestCase("--select", "validation", "--validation-size")]
    [TestCase("--validation-size", "0", "--validation-size")]
    [TestCase("--no-evaluate", null, "--no-evaluate")]
    [TestCase("--lr", "1e-3", "--lr")]
    [TestCase("--gammas", "-1", "--gammas")]
    [TestCase("--seed", "1", "--seed")]
    [TestCase("--device", "tpu", "tpu")]
    [TestCase("--width", "20000", "--width")]
    [TestCase("--init", "missing.safetensors", "missing.safetensors")]
    public void A_mistake_is_one_line_and_nothing_is_started(string flag, string? value, string word)
    {
        var command = Command;
        if (flag == "--device") command = command[..^2];
        Assert.That(Cli.Refuse(value is null ? [.. command, flag] : [.. command, flag, value]), Does.Contain(word));
        Assert.That(Directory.Exists(folder["runs"]), Is.False);
    }

    [Test]
    public void Gammas_and_a_maximum_of_them_exclude_each_other() => Assert.That(Cli.Refuse([.. Command, "--variants", "lpc", "--gammas", "5", "--gamma-max", "6"]), Does.Contain("--gamma-max"));
}

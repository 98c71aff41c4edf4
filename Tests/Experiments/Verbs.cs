using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Tests.Experiments;

/// <summary>Which command a command line means, and that nothing in it goes unread.</summary>
public sealed class Verbs
{
    [Test]
    public void Nothing_at_all_is_a_question_for_help() => Assert.That(Cli.Succeed(), Does.Contain("train").And.Contain("predict").And.Contain("devices"));

    [TestCase("train", "<dataset> <variant> [options]")]
    [TestCase("predict", "<model> <images>... [options]")]
    [TestCase("metrics", "<file> [options]")]
    [TestCase("devices", "[options]")]
    public void A_verbs_help_shows_its_own_usage(string verb, string usage) =>
        Assert.That(Cli.Succeed(verb, "--help").Split('\n').Select(line => line.Trim()), Has.One.EndsWith($"{verb} {usage}"));

    [Test]
    public void Without_a_verb_the_help_is_that_of_training() => Assert.That(Cli.Succeed("synthetic10", "lpc", "--help"), Does.Contain("--gamma-max"));

    [TestCase("cifar10 lpc predict a rgb.png", "predict")]
    [TestCase("synthetic10 lpc data list", "data")]
    [TestCase("--width 3 devices", "devices")]
    [TestCase("data list extra", "extra")]
    [TestCase("devises", "devises")]
    public void What_fits_nowhere_is_refused_by_name(string line, string word) => Assert.That(Cli.Refuse(line.Split(' ')), Does.Contain($"'{word}'"));

    [Test]
    public void A_data_set_alone_is_asked_for_its_variant()
    {
        Assert.That(Cli.Refuse("synthetic10"), Does.Contain("variant").And.Contain("lpc-narrow").And.Contain("nonlinpen"));
        Assert.That(Cli.Refuse("synthetic10", "--width", "3"), Does.Contain("variant").And.Contain("lpc-narrow"));
    }

    [Test]
    public void An_own_file_gives_its_run_folder_a_plain_name()
    {
        var data = DataSets.Load("synthetic10", new DataOptions { TrainPerClass = 1, TestPerClass = 1 });
        foreach (var name in (string[])["tensors:my.data.safetensors", "tensors:some/where/my.data.safetensors"])
        {
            var options = new TrainOptions { DataSet = name, Variant = "lpc" };
            var (preset, variant) = (Preset.Named("quick"), Variants.Named("lpc"));
            var path = RunName.Folder(RunConfig.From(options, preset, variant, data.Facts), options, preset, variant, data.Facts);
            Assert.That(path, Does.StartWith(Path.Combine("runs", "tensors-my.data", "lpc") + Path.DirectorySeparatorChar));
        }
    }
}

using System.Text.RegularExpressions;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;
using LpcEngine.Tests.Experiments;

namespace LpcEngine.Tests.Completion;

/// <summary>What may come next on a command line: nothing but what is accepted, and everything that is.</summary>
public sealed partial class Completions
{
    private static readonly string[] OwnPrefixes = ["folder:", "tensors:"];
    private static readonly string[] Sets = [.. DataCatalogue.All.Select(set => set.Name), .. OwnPrefixes];
    private static readonly string[] Models = [.. Variants.All.Select(variant => variant.Name)];

    [Test]
    public void At_the_beginning_come_the_commands_and_the_data_sets() =>
        Assert.That(Tab.After("").Words, Is.EqualTo((string[])["train", "sweep", "evaluate", "predict", "metrics", "report", "export", "data", "devices", "demo", "completion", .. Sets]));

    [Test]
    public void After_a_data_set_come_the_variants()
    {
        Assert.That(Tab.After("cifar10", "").Words, Is.EqualTo(Models));
        Assert.That(Tab.After("train", "folder:my pets", "").Words, Is.EqualTo(Models));
        Assert.That(Tab.After("--preset", "quick", "cifar10", "").Words, Is.EqualTo(Models));
        Assert.That(Tab.After("--json", "cifar10", "--yes", "").Words, Is.EqualTo(Models), "after flags");
    }

    [Test]
    public void Half_a_word_leaves_what_begins_with_it()
    {
        Assert.That(Tab.After("sy").Words, Is.EqualTo(new[] { "synthetic10", "synthetic100" }));
        Assert.That(Tab.After("cifar10", "lpc-n").Words, Is.EqualTo(new[] { "lpc-narrow", "lpc-nopen" }));
        Assert.That(Tab.After("cifar10", "narrow").Words, Is.Empty, "within a word is not at its beginning");
        Assert.That(Tab.After("cifar10", "lpc", "--gamma-m").Words, Is.EqualTo(new[] { "--gamma-max" }));
    }

    [Test]
    public void Where_no_word_is_wanted_any_more_come_the_options()
    {
        Assert.That(Tab.After("cifar10", "lpc", "").Words, Has.Member("--preset").And.Member("--help"));
        Assert.That(Tab.After("cifar10", "lpc", "x").Words, Is.Empty);
        Assert.That(Tab.After("devices", "").Words, Is.EquivalentTo(new[] { "--ops", "--measure", "--help" }));
    }

    /// <summary>The help text is made by the library from the same commands, by another way.</summary>
    [TestCase("train")]
    [TestCase("sweep")]
    [TestCase("evaluate")]
    [TestCase("predict")]
    [TestCase("metrics")]
    [TestCase("report")]
    [TestCase("export")]
    [TestCase("data get")]
    [TestCase("devices")]
    [TestCase("demo")]
    [TestCase("completion")]
    public void A_commands_options_are_those_of_its_help(string verb)
    {
        var words = verb.Split(' ');
        var help = OptionInHelp().Matches(Cli.Succeed([.. words, "--help"])).Select(match => match.Groups[1].Value);
        var reply = Tab.After([.. words, "-"]);
        Assert.That(reply.Words, Is.EquivalentTo(help));
        Assert.That(reply.Descriptions, Has.None.Empty);
    }

    [Test]
    public void An_option_that_was_given_comes_again_only_if_it_takes_several_values()
    {
        Assert.That(Tab.After("cifar10", "lpc", "--preset", "quick", "--json", "--pre").Words, Is.EqualTo(new[] { "--precision" }));
        Assert.That(Tab.After("cifar10", "lpc", "--preset=quick", "--pre").Words, Is.EqualTo(new[] { "--precision" }));
        Assert.That(Tab.After("cifar10", "lpc", "--json", "--js").Words, Is.Empty);
        Assert.That(Tab.After("report", "runs", "--out", "a.html", "--o").Words, Is.EqualTo(new[] { "--out" }));
        Assert.That(Tab.After("sweep", "cifar10", "--slurm-extra", "--qos=long", "--slurm-e").Words, Is.EqualTo(new[] { "--slurm-extra" }));
    }

    [Test]
    public void Options_of_other_commands_do_not_come()
    {
        Assert.That(Tab.After("evaluate", "run", "--").Words, Has.No.Member("--preset").And.Member("--dataset"));
        Assert.That(Tab.After("sweep", "cifar10", "--").Words, Has.No.Member("--lr").And.No.Member("--seed").And.Member("--lrs"));
    }

    private static IEnumerable<TestCaseData> ClosedSets()
    {
        string[] devices = ["auto", "cpu", "cuda", "opencl", "emulator"], selections = ["test", "validation"];
        yield return new("cifar10 lpc --preset", new[] { "paper", "may2025", "head2025", "quick" });
        yield return new("cifar10 lpc --backbone", BackboneSpec.Names.ToArray());
        yield return new("cifar10 lpc --device", devices);
        yield return new("predict run a.png --device", devices);
        yield return new("cifar10 lpc --precision", new[] { "fp32", "tf32", "bf16" });
        yield return new("cifar10 lpc --augment", new[] { "standard", "none" });
        yield return new("cifar10 lpc --shuffle", new[] { "epoch", "none" });
        yield return new("sweep cifar10 --select", selections);
        yield return new("report runs --select", selections);
        yield return new("predict run cifar10 --split", new[] { "train", "test" });
        yield return new("evaluate run --dataset", Sets);
        yield return new("completion", new[] { "bash", "zsh", "fish" });
        yield return new("data", new[] { "list", "get", "check" });
        yield return new("data check", Sets);
        yield return new("data get", new[] { "cifar10", "cifar100", "mnist", "fashion-mnist" });
        yield return new("sweep", Sets);
    }

    [TestCaseSource(nameof(ClosedSets))]
    public void Values_of_a_few_words_are_offered(string line, string[] expected)
    {
        var reply = Tab.After([.. line.Split(' '), ""]);
        Assert.That(reply.Words, Is.EqualTo(expected));
        Assert.That(reply.Lead, Is.Empty);
    }

    [Test]
    public void What_is_offered_is_accepted()
    {
        foreach (var name in Tab.After("cifar10", "lpc", "--preset", "").Words) Assert.That(() => Preset.Named(name), Throws.Nothing, name);
        foreach (var name in Tab.After("cifar10", "lpc", "--device", "").Words) Assert.That(() => Devices.CheckName(name), Throws.Nothing, name);
        foreach (var name in Tab.After("cifar10", "").Words) Assert.That(() => Variants.Named(name), Throws.Nothing, name);
        foreach (var name in Tab.After("sweep", "").Words) Assert.That(DataSets.IsKnown(name), name);
        using var device = new CpuDevice(1);
        foreach (var name in Tab.After("cifar10", "lpc", "--backbone", "").Words)
            Assert.That(() => new BackboneSpec(name, 1, 8, 8, 3).Build(new Initialiser(device, 1)), Throws.Nothing, name);
    }

    [TestCase("--preset=", "qu", "quick")]
    [TestCase("--device=", "op", "opencl")]
    [TestCase("--precision:", "b", "bf16")]
    public void A_value_may_stand_behind_an_equals_sign(string option, string typed, string expected)
    {
        var reply = Tab.After("cifar10", "lpc", option + typed);
        Assert.That((reply.Lead, reply.Texts), Is.EqualTo((option, new[] { expected })));
    }

    [Test]
    public void A_list_is_completed_item_by_item_and_nothing_comes_twice()
    {
        Assert.That(Tab.After("sweep", "cifar10", "--variants", "").Words, Is.EqualTo(Models));
        Assert.That(Tab.After("sweep", "cifar10", "--variants", "lpc,lpc-w").Words, Is.EqualTo(new[] { "lpc,lpc-wide" }));
        Assert.That(Tab.After("sweep", "cifar10", "--variants=scl,lpc,").Words, Is.EqualTo(Models.Except(["lpc", "scl"]).Select(name => $"--variants=scl,lpc,{name}")));
    }

    [TestCase("evaluate", "", "folders")]
    [TestCase("report", "", "folders")]
    [TestCase("predict", "", "files")]
    [TestCase("export", "", "files")]
    [TestCase("metrics", "", "files")]
    [TestCase("cifar10 lpc --out", "", "folders")]
    [TestCase("cifar10 lpc --data-dir", "", "folders")]
    [TestCase("cifar10 lpc --init", "", "files")]
    [TestCase("export run --onnx", "", "files")]
    [TestCase("demo --out", "", "files")]
    [TestCase("", "folder:", "folders")]
    [TestCase("data check", "folder:", "folders")]
    [TestCase("evaluate run --dataset", "tensors:", "files")]
    [TestCase("predict run", "tensors:", "files")]
    [TestCase("predict run a.png", "", "files")]
    [TestCase("cifar10 lpc", "--init=", "files")]
    public void Paths_are_left_to_the_shell(string line, string lead, string kind)
    {
        var reply = Tab.After([.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries), lead + "some where/"]);
        Assert.That((reply.Paths, reply.Lead, reply.Path, reply.Texts), Is.EqualTo((kind, lead, "some where/", Array.Empty<string>())));
    }

    [Test]
    public void A_number_is_no_path() => Assert.That(Tab.After("cifar10", "lpc", "--epochs", ""), Has.Property("Paths").EqualTo("none").And.Property("Texts").Empty);

    [Test]
    public void Beside_files_come_the_data_sets_to_predict_for() => Assert.That(Tab.After("predict", "run", ""), Has.Property("Paths").EqualTo("files").And.Property("Texts").EqualTo(Sets));

    [Test]
    public void What_is_hidden_stays_hidden()
    {
        Assert.That(Tab.After("comp").Words, Is.EqualTo(new[] { "completion" }));
        Assert.That(Cli.Succeed("--help"), Does.Not.Match(@"(?m)^\s+complete\b"));
        Assert.That(Cli.Refuse("complet"), Does.Not.Contain("complete,"));
    }

    [Test]
    public void What_is_no_command_line_has_no_completions()
    {
        foreach (var words in (string[][])[["nonsense", "lpc", "more", ""], ["cifar10", "--nonsense", "x", "y", ""], ["data", "nonsense", ""], ["--help", "x"], ["@file", ""], ["cifar10", "a\tb"]])
            Assert.That(Cli.Run(["complete", "fish", "--", .. words]).Code, Is.Zero, string.Join(' ', words));
        Assert.That(Tab.After("cifar10", "--", "--pre").Words, Is.Empty, "no options after --");
    }

    /// <summary>Anything that is put together of what is offered is understood, to the last word.</summary>
    [Test]
    public void Whatever_one_picks_of_the_offers_is_understood()
    {
        var random = new Random(1);
        for (var walk = 0; walk < 150; walk++)
        {
            List<string> words = [];
            for (var length = 0; length < 8; length++)
            {
                var reply = Tab.After([.. words, random.Next(3) == 0 ? "--" : ""]);
                string[] choices = [.. reply.Words.Where(word => word is not ("--help" or "--version")).Select(word => OwnPrefixes.Contains(word) ? word + "somewhere" : word), .. reply.Paths == "none" ? [] : new[] { "somewhere" }];
                if (choices.Length > 0) words.Add(choices[random.Next(choices.Length)]);
                // A number, where nothing can be offered.
                else if (Tab.After([.. words, ""]) is { Texts: [], Paths: "none" }) words.Add("1");
            }
            var root = LpcEngine.Experiments.Commands.CommandLine.Root();
            Assert.That(root.Parse(LpcEngine.Experiments.Commands.CommandLine.WithVerb(root, [.. words])).UnmatchedTokens, Is.Empty, string.Join(' ', words));
        }
    }

    [GeneratedRegex(@"(?m)^  (?:-[^ ]+, )*(--[\w-]+)")]
    private static partial Regex OptionInHelp();
}

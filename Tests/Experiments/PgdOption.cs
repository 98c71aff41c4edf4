using System.Text.Json.Nodes;

namespace LpcEngine.Tests.Experiments;

/// <summary>--pgd-images and its companions on the command lines of train and evaluate, and what they put into summary.json.</summary>
public sealed class PgdOption
{
    private static readonly string[] Lipschitz =
    [
        "lipschitz_mean", "lipschitz_median", "lipschitz_max", "lipschitz_mean_nonzero", "lipschitz_relative", "lipschitz_per_logit", "lipschitz_images",
        "lipschitz_zero", "lipschitz_nonfinite",
    ];

    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    private string[] Command(params string[] more) =>
        ["synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "3", "--test-size", "2", "--width", "1", "--epochs", "1", "--batch", "10",
            "--device", "cpu", "--out", folder["run"], .. more];

    private JsonObject Summary => JsonNode.Parse(File.ReadAllText(folder["run/summary.json"]))!.AsObject();

    private JsonObject? Pgd => Summary["test"]!["pgd"] as JsonObject;

    private JsonNode Config => JsonNode.Parse(File.ReadAllText(folder["run/config.json"]))!;

    [Test]
    public void The_summary_has_the_keys_within_their_ranges()
    {
        var output = Cli.Succeed(Command("--pgd-images", "7", "--pgd-steps", "3", "--pgd-restarts", "1", "--pgd-l2", "0.5,0.1", "--pgd-linf", "8/255"));
        Assert.That(output, Does.Contain("PGD, L2: 7 test images").And.Contain("PGD: error within L2 0.5").And.Contain("PGD: error within L∞ 8/255"));
        Assert.That((int)Pgd!["images"]!, Is.EqualTo(7));
        Assert.That(((int)Pgd["steps"]!, (int)Pgd["restarts"]!), Is.EqualTo((3, 1)));
        foreach (var (name, radii) in new[] { ("l2", "0.1 0.5"), ("linf", "8/255"), ("l2_strongest", "0.1 0.5"), ("linf_strongest", "8/255") })
        {
            Assert.That(string.Join(' ', Pgd[name]!.AsObject().Select(pair => pair.Key)), Is.EqualTo(radii));
            Assert.That(Pgd[name]!.AsObject().Select(pair => (double)pair.Value!), Is.Ordered.And.All.InRange((double)Pgd["clean_error"]!, 1.0));
        }
        var noise = Summary["test"]!["noise"]!;
        Assert.That(noise["l2"]!.AsObject().Concat(noise["gaussian"]!.AsObject()).Select(pair => (double)pair.Value!), Is.All.InRange(0.0, 1.0));
        var masking = Summary["test"]!["masking"]!.AsObject();
        foreach (var key in new[] { "zero_gradient", "restarts_gain", "steps_gain", "margin_loss_gain" }) Assert.That((double)masking[key]!, Is.InRange(0.0, 1.0));
        Assert.That(masking["flag"]!.GetValueKind(), Is.AnyOf(System.Text.Json.JsonValueKind.True, System.Text.Json.JsonValueKind.False));
        foreach (var split in new[] { "train", "test" })
        {
            Assert.That(Lipschitz.Where(key => Summary[split]!.AsObject().ContainsKey(key)), Is.EqualTo(Lipschitz), split);
            Assert.That((int)Summary[split]!["lipschitz_images"]!, Is.EqualTo(7));
        }
        Assert.That(Config["pgd"]!.ToJsonString(), Is.EqualTo("""{"images":7,"steps":3,"restarts":1,"l2":["0.1","0.5"],"linf":["8/255"]}"""));
    }

    [Test]
    public void A_finished_run_is_measured_anew_only_when_it_lacks_what_is_asked_for_and_evaluate_repeats_it()
    {
        string[] brief = ["--pgd-steps", "2", "--pgd-restarts", "1"];
        Cli.Succeed(Command("--pgd-images", "0"));
        Assert.That(Pgd, Is.Null);
        Assert.That(Cli.Succeed(Command(["--pgd-images", "5", .. brief])), Does.Not.Contain("finished"));
        var (first, train) = (Summary["test"]!.ToJsonString(), Summary["train"]!.ToJsonString());
        Assert.That(Cli.Succeed(Command(["--pgd-images", "5", .. brief])), Does.Contain("finished"));
        Assert.That(Cli.Succeed(Command("--pgd-images", "0")), Does.Contain("finished"));
        Assert.That(Summary["test"]!.ToJsonString(), Is.EqualTo(first), "what is there stays");

        Cli.Succeed("evaluate", folder["run"]);
        Assert.That(Summary["test"]!.ToJsonString(), Is.EqualTo(first), "the same images, the same bits");
        Assert.That(Summary["train"]!.ToJsonString(), Is.EqualTo(train));
        Cli.Succeed("evaluate", folder["run"], "--pgd-images", "0");
        Assert.That(Summary["test"]!.ToJsonString(), Is.EqualTo(first), "what is not measured again stays");
        Assert.That(Summary["train"]!.ToJsonString(), Is.EqualTo(train));
        Cli.Succeed("evaluate", folder["run"], "--pgd-images", "3", "--pgd-l2", "0.7", "--deepfool-images", "0");
        Assert.That((int)Pgd!["images"]!, Is.EqualTo(3));
        Assert.That((int)Pgd["steps"]!, Is.EqualTo(2), "as the run");
        Assert.That(Pgd["l2"]!.AsObject().Select(pair => pair.Key), Is.EqualTo(new[] { "0.7" }));
        Assert.That(Summary["test"]!["masking"]!["pgd_below_deepfool"], Is.Null, "without DeepFool there's nothing to compare with");
        Assert.That((int)Summary["test"]!["deepfool_images"]!, Is.EqualTo(20), "another measurement's keys stay");
    }

    [Test]
    public void Runs_that_are_tried_out_or_not_evaluated_are_not_attacked()
    {
        Cli.Succeed(Command("--steps", "1"));
        Assert.That(Pgd, Is.Null);
        Assert.That(Cli.Succeed(Command("--no-evaluate", "--pgd-images", "5")), Does.Not.Contain("PGD"));
    }

    [TestCase("--pgd-images", "-1")]
    [TestCase("--pgd-images", "many")]
    [TestCase("--pgd-steps", "0")]
    [TestCase("--pgd-restarts", "0")]
    [TestCase("--pgd-l2", "0.1,0")]
    [TestCase("--pgd-l2", "0.1;0.2")]
    [TestCase("--pgd-linf", "8/0")]
    public void A_value_that_is_none_is_refused(string option, string value)
    {
        Assert.That(Cli.Refuse(Command(option, value)), Does.Contain(option).And.Contain(value));
        Assert.That(Directory.Exists(folder["run"]), Is.False, "nothing half-written");
    }

    [Test]
    public void Images_to_attack_are_refused_where_there_are_none()
    {
        var writer = new SafeTensorsWriter();
        writer.Add("images", [4, 3, 8, 8], new float[4 * 3 * 64]);
        writer.Add("labels", [4], new long[] { 0, 1, 0, 1 });
        writer.Write(folder["t.safetensors"]);
        string[] command = ["tensors:" + folder["t.safetensors"], "lpc", "--preset", "quick", "--epochs", "1", "--width", "1", "--device", "cpu", "--out", folder["run"]];
        Assert.That(Cli.Refuse([.. command, "--pgd-images", "5"]), Does.Contain("--pgd-images 5").And.Contain("no test images"));
        Cli.Succeed(command);
        Assert.That(Cli.Refuse("evaluate", folder["run"], "--pgd-images", "5"), Does.Contain("--pgd-images 5").And.Contain("no test images"));
    }
}

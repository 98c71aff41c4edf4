using System.Text.Json.Nodes;

namespace LpcEngine.Tests.Experiments;

/// <summary>--deepfool-images on the command line, and what it puts into summary.json.</summary>
public sealed class DeepFoolOption
{
    private static readonly string[] Keys = ["deepfool_relative", "deepfool_relative_correct", "deepfool_absolute", "deepfool_pixel", "deepfool_median", "deepfool_fooled", "deepfool_images", "deepfool_nonfinite"];

    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    private string[] Command(string preset, params string[] more) =>
        ["synthetic10", "lpc-narrow", "--preset", preset, "--train-size", "3", "--test-size", "2", "--width", "1", "--epochs", "1", "--batch", "10",
            "--device", "cpu", "--out", folder["run"], .. more];

    private JsonObject Test => JsonNode.Parse(File.ReadAllText(folder["run/summary.json"]))!["test"]!.AsObject();

    private IEnumerable<string> KeysThere => Keys.Where(key => Test[key] is not null);

    [Test]
    public void The_summary_has_the_keys_within_their_ranges()
    {
        var output = Cli.Succeed(Command("quick", "--deepfool-images", "7", "--json"));
        Assert.That(output, Does.Contain("DeepFool: 7 test images").And.Match("DeepFool: 7 images in .* s").And.Contain("fooled"));
        Assert.That(JsonNode.Parse(output.TrimEnd().Split('\n')[^1])!["test"]!["deepfool_images"]!.GetValue<int>(), Is.EqualTo(7));
        Assert.That(KeysThere, Is.EqualTo(Keys));
        Assert.That((int)Test["deepfool_images"]!, Is.EqualTo(7));
        Assert.That((int)Test["deepfool_nonfinite"]!, Is.InRange(0, 7));
        Assert.That((double)Test["deepfool_fooled"]!, Is.InRange(0.0, 1.0));
        Assert.That((double)Test["deepfool_relative"]!, Is.InRange(1e-6, 10.0));
        Assert.That((double)Test["deepfool_median"]!, Is.InRange(1e-6, 10.0));
        Assert.That((double)Test["deepfool_absolute"]!, Is.GreaterThan((double)Test["deepfool_relative"]!), "these images' norms are above 1");
        Assert.That((int)JsonNode.Parse(File.ReadAllText(folder["run/config.json"]))!["deepfool_images"]!, Is.EqualTo(7));
    }

    private static readonly string[] OfBothSplits = ("sigma_w_mean_entry sigma_w_trace sigma_w_trace_per_dim sigma_w_relative separation_ratio cv_norm cv_abs mean_norm entropy entropy_raw nc1 nc1_per_dim nc2_equinorm "
        + "nc2_equiangularity nc2_max_angle nc3 nc4_mismatch binarity_score binarity_score_min peaks_distance peaks_distance_min binarity_sigma").Split(' ');

    [TestCase("--deepfool-images", "0", "--pgd-images", "0")]
    [TestCase("--no-evaluate")]
    [TestCase("--steps", "1")]
    public void A_summary_has_every_key_whatever_was_measured(params string[] more)
    {
        Cli.Succeed(Command("quick", more));
        var summary = JsonNode.Parse(File.ReadAllText(folder["run/summary.json"]))!.AsObject();
        foreach (var key in "test_accuracy train_accuracy top5_accuracy test_loss convergence_epoch epochs steps seconds images_per_second".Split(' ')) Assert.That(summary.ContainsKey(key), key);
        foreach (var split in new[] { "train", "test" })
            foreach (var key in OfBothSplits) Assert.That(summary[split]!.AsObject().ContainsKey(key), $"{split} {key}");
        foreach (var key in Keys.Except(["deepfool_relative_correct", "deepfool_pixel"]).Append("pgd"))
            Assert.That(summary["test"]!.AsObject().TryGetPropertyValue(key, out var value) && value is null, $"test {key}");
    }

    [Test]
    public void A_finished_run_is_measured_anew_only_when_it_lacks_what_is_asked_for()
    {
        Cli.Succeed(Command("quick", "--deepfool-images", "0", "--pgd-images", "0"));
        Assert.That(KeysThere, Is.Empty);
        var weights = File.ReadAllBytes(folder["run/model.safetensors"]);
        var lines = File.ReadAllLines(folder["run/metrics.jsonl"]);

        Assert.That(Cli.Succeed(Command("quick", "--deepfool-images", "5", "--pgd-images", "0")), Does.Not.Contain("finished"));
        Assert.That((int)Test["deepfool_images"]!, Is.EqualTo(5));
        var relative = (double)Test["deepfool_relative"]!;
        Assert.That(Cli.Succeed(Command("quick", "--deepfool-images", "5", "--pgd-images", "0")), Does.Contain("finished"));
        Assert.That(Cli.Succeed(Command("quick", "--deepfool-images", "0", "--pgd-images", "0")), Does.Contain("finished"));
        Assert.That(KeysThere, Is.EqualTo(Keys), "what is there stays");

        // More than there are: all; and their default is more than these.
        Cli.Succeed(Command("quick", "--deepfool-images", "1000000", "--pgd-images", "0"));
        Assert.That((int)Test["deepfool_images"]!, Is.EqualTo(20));
        Assert.That(Cli.Succeed(Command("quick", "--pgd-images", "0")), Does.Contain("finished"));

        Cli.Succeed(Command("quick", "--deepfool-images", "5", "--pgd-images", "0"));
        Assert.That((double)Test["deepfool_relative"]!, Is.EqualTo(relative), "the same images, the same bits");
        Assert.That(File.ReadAllBytes(folder["run/model.safetensors"]), Is.EqualTo(weights));
        Assert.That(File.ReadAllLines(folder["run/metrics.jsonl"]), Is.EqualTo(lines));
    }

    [Test]
    public void The_paper_attacks_at_the_end_of_a_run_but_not_where_steps_end_it()
    {
        Cli.Succeed(Command("paper", "--steps", "1"));
        Assert.That(KeysThere, Is.Empty);
        Cli.Succeed(Command("paper"));
        Assert.That((int)Test["deepfool_images"]!, Is.EqualTo(20), "of a thousand");
        Assert.That((int)JsonNode.Parse(File.ReadAllText(folder["run/config.json"]))!["deepfool_images"]!, Is.EqualTo(20), "what the run was to measure");
    }

    [Test]
    public void Without_evaluation_there_is_no_attack()
    {
        Assert.That(Cli.Succeed(Command("quick", "--deepfool-images", "5", "--no-evaluate")), Does.Not.Contain("DeepFool"));
        Assert.That(KeysThere, Is.Empty);
    }

    [TestCase("-1")]
    [TestCase("many")]
    [TestCase("1.5")]
    public void A_value_that_is_no_number_of_images_is_refused(string value)
    {
        Assert.That(Cli.Refuse(Command("quick", "--deepfool-images", value)), Does.Contain("--deepfool-images").And.Contain(value));
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
        Assert.That(Cli.Refuse([.. command, "--deepfool-images", "5"]), Does.Contain("--deepfool-images 5").And.Contain("no test images"));
        Cli.Succeed(command);
        Assert.That(KeysThere, Is.Empty);
    }

    [Test]
    public void A_signal_ends_an_attack_and_the_same_command_goes_on_with_it()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("needs signals");
        string[] command = ["synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "3", "--test-size", "60", "--width", "8", "--epochs", "1",
            "--device", "cpu", "--threads", "1", "--pgd-images", "0", "--out", folder["run"], "--deepfool-images"];
        using var process = Subprocess.Start([], [.. command, "600"]);
        string? line;
        do line = process.StandardOutput.ReadLine();
        while (line is not null && !line.StartsWith("DeepFool:", StringComparison.Ordinal));
        Subprocess.Signal(process, "INT");
        var (code, output, error) = Subprocess.End(process);
        Assert.That(code, Is.EqualTo(130), output + error);
        Assert.That(output, Does.Contain("Interrupted"));
        Assert.That(error, Is.Empty);
        Assert.That(File.Exists(folder["run/summary.json"]), Is.False);
        var lines = File.ReadAllLines(folder["run/metrics.jsonl"]);
        Assert.That(Cli.Succeed([.. command, "30"]), Does.Contain("resuming"));
        Assert.That((int)Test["deepfool_images"]!, Is.EqualTo(30));
        Assert.That(File.ReadAllLines(folder["run/metrics.jsonl"]), Is.EqualTo(lines));
    }
}

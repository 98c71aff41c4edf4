using System.Text.Json.Nodes;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Tests.Experiments;

/// <summary>--validation-size: what a run says of the images that it holds out, and that nothing else changes.</summary>
public sealed class ValidationSize
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    private string[] Command(string run, params string[] more) =>
        ["synthetic10", "nopen", "--preset", "quick", "--train-size", "6", "--test-size", "2", "--width", "2", "--epochs", "4", "--eval-every", "2", "--deepfool-images", "0", "--pgd-images", "0",
            "--device", "cpu", "--out", folder[run], .. more];

    private JsonObject Read(string path) => JsonNode.Parse(File.ReadAllText(folder[path]))!.AsObject();

    [Test]
    public void Accuracy_and_loss_are_in_the_metrics_the_summary_and_the_configuration()
    {
        Assert.That(Cli.Succeed(Command("a", "--validation-size", "3")), Does.Contain("held out"));
        var summary = Read("a/summary.json");
        Assert.That((double?)summary["validation_accuracy"], Is.InRange(0.0, 1.0));
        Assert.That((double?)summary["validation_loss"], Is.GreaterThan(0));
        Assert.That((int)Read("a/config.json")["validation_size"]!, Is.EqualTo(3));
        var evaluated = MetricsLog.Read(folder["a/metrics.jsonl"]).Where(line => line["validation_accuracy"] is not null).ToArray();
        Assert.That(evaluated.Select(line => ((int)line["epoch"]!, (string)line["split"]!)), Is.EqualTo(new[] { (2, "train"), (4, "train") }));
        Assert.That((double)evaluated[1]["validation_accuracy"]!, Is.EqualTo((double)summary["validation_accuracy"]!));
        // 30 images: a multiple of a thirtieth.
        Assert.That((double)summary["validation_accuracy"]! * 30 % 1, Is.EqualTo(0).Within(1e-9).Or.EqualTo(1).Within(1e-9));
    }

    [Test]
    public void The_training_is_that_of_a_run_without()
    {
        Cli.Succeed(Command("a"));
        Cli.Succeed(Command("b", "--validation-size", "2"));
        Assert.That((double)Read("b/summary.json")["train"]!["separation_ratio"]!, Is.EqualTo((double)Read("a/summary.json")["train"]!["separation_ratio"]!));
        Assert.That(Read("a/summary.json").ContainsKey("validation_accuracy"), Is.False);
    }

    [Test]
    public void Such_a_run_resumes_and_is_another_run_than_one_without()
    {
        Cli.Succeed(Command("whole", "--validation-size", "2"));
        Cli.Succeed(Command("parts", "--validation-size", "2", "--steps", "3"));
        Cli.Succeed(Command("parts", "--validation-size", "2"));
        Assert.That((double)Read("parts/summary.json")["validation_loss"]!, Is.EqualTo((double)Read("whole/summary.json")["validation_loss"]!));
        Assert.That(Cli.Refuse(Command("parts")), Does.Contain("--validation-size is 2 there and 0 here"));
        Assert.That(Cli.Refuse(Command("parts", "--validation-size", "1")), Does.Contain("--validation-size is 2 there and 1 here"));
    }

    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("some")]
    public void A_value_that_is_no_number_of_images_is_refused(string value)
    {
        Assert.That(Cli.Refuse(Command("run", "--validation-size", value)), Does.Contain("--validation-size").And.Contain(value));
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }

    [Test]
    public void More_than_a_class_has_is_refused()
    {
        string[] command = ["synthetic10", "nopen", "--device", "cpu", "--out", folder["run"]];
        Assert.That(Cli.Refuse([.. command, "--validation-size", "5000"]), Does.Contain("5000").And.Contain("at most 499"));
    }
}

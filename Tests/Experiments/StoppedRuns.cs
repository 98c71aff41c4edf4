using System.Buffers.Binary;
using System.Text.Json.Nodes;
using LpcEngine.Experiments.Export.TensorBoard;

namespace LpcEngine.Tests.Experiments;

/// <summary>Where --steps ends a run, metrics.jsonl holds the evaluation that summary.json holds.</summary>
public sealed class StoppedRuns
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    // Three steps an epoch; every second one is evaluated.
    private string[] Command(params string[] more) =>
        ["synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "6", "--test-size", "2", "--validation-size", "1", "--width", "2", "--epochs", "4", "--batch", "20",
            "--eval-every", "2", "--tensorboard", "--device", "cpu", "--out", folder["run"], .. more];

    private JsonObject[] Lines => [.. File.ReadLines(folder["run/metrics.jsonl"]).Select(line => JsonNode.Parse(line)!.AsObject())];

    private JsonNode Summary => JsonNode.Parse(File.ReadAllText(folder["run/summary.json"]))!;

    // The one line with an evaluation of a split at a step.
    private JsonObject Evaluated(string split, int step) => Lines.Single(line => (string?)line["split"] == split && (int?)line["step"] == step && line["accuracy"] is not null);

    [TestCase(2, 1, TestName = "{m} (within the first epoch)")]
    [TestCase(3, 1, TestName = "{m} (after an epoch without an evaluation)")]
    [TestCase(6, 2, TestName = "{m} (after an epoch with one)")]
    [TestCase(8, 3, TestName = "{m} (within a later epoch)")]
    public void The_last_evaluation_is_among_the_lines_once_however_often_it_is_made(int steps, int epoch)
    {
        Cli.Succeed(Command("--steps", $"{steps}"));
        Check();
        Cli.Succeed(Command("--steps", $"{steps}", "--deepfool-images", "2"));
        Check();

        void Check()
        {
            var (train, test) = (Evaluated("train", steps), Evaluated("test", steps));
            Assert.Multiple(() =>
            {
                Assert.That((double)train["accuracy"]!, Is.EqualTo((double)Summary["train_accuracy"]!));
                Assert.That((double)train["validation_accuracy"]!, Is.EqualTo((double)Summary["validation_accuracy"]!));
                Assert.That((double)test["accuracy"]!, Is.EqualTo((double)Summary["test_accuracy"]!));
                Assert.That((double)test["loss"]!, Is.EqualTo((double)Summary["test_loss"]!));
                Assert.That((double)test["sigma_w_trace"]!, Is.EqualTo((double)Summary["test"]!["sigma_w_trace"]!));
                Assert.That((int)train["epoch"]!, Is.EqualTo(epoch));
                Assert.That((int)test["epoch"]!, Is.EqualTo(epoch));
                Assert.That(Lines.Single(line => (int)line["step"]! == steps && line["running_loss"] is not null)["seconds"], Is.Not.Null);
                Assert.That(File.ReadLines(folder["run/metrics.csv"]).Count(), Is.EqualTo(1 + Lines.Length));
                Assert.That(Curves("test/accuracy").Last(), Is.EqualTo((steps, (float)(double)test["accuracy"]!)));
                Assert.That(Curves("train/running_loss").Select(point => point.Step), Is.Unique);
                Assert.That(Curves("train/accuracy").Select(point => point.Step), Is.Unique);
            });
        }
    }

    [Test]
    public void A_kill_between_its_lines_loses_none_of_them()
    {
        Cli.Succeed(Command("--steps", "2"));
        var whole = Lines;
        File.WriteAllLines(folder["run/metrics.jsonl"], File.ReadAllLines(folder["run/metrics.jsonl"])[..^1]);
        File.Delete(folder["run/summary.json"]);
        Cli.Succeed(Command("--steps", "2"));
        Assert.That(Lines.Select(line => line.ToJsonString()), Is.EqualTo(whole.Select(line => line.ToJsonString())));
    }

    [Test]
    public void Going_on_leaves_no_trace_of_it()
    {
        Cli.Succeed(Command("--steps", "2"));
        Assert.That(Lines.Count(line => line["stopped"]?.GetValue<bool>() == true), Is.EqualTo(2));
        Cli.Succeed(Command("--steps", "7", "--no-evaluate"));
        Assert.That(Lines.Select(line => (string?)line["split"]), Is.EqualTo(new[] { "train", "train" }), "of two epochs, neither of them evaluated");
        Assert.That(Curves("test/accuracy"), Is.Empty);
    }

    [Test]
    public void Without_evaluation_there_is_none()
    {
        Cli.Succeed(Command("--steps", "2", "--no-evaluate"));
        Assert.That(Lines, Is.Empty);
    }

    // What TensorBoard draws for a tag; EventFiles looks at the sums of the records.
    private List<(int Step, float Value)> Curves(string tag)
    {
        var points = new List<(int, float)>();
        var bytes = File.ReadAllBytes(Directory.GetFiles(folder["run/tensorboard"]).Single()).AsSpan();
        while (!bytes.IsEmpty)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            var read = Event.Parser.ParseFrom(bytes.Slice(12, length));
            points.AddRange((read.Summary?.Value ?? []).Where(value => value.Tag == tag).Select(value => ((int)read.Step, value.SimpleValue)));
            bytes = bytes[(16 + length)..];
        }
        return points;
    }
}

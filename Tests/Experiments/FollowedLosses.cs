using System.Text.Json.Nodes;

namespace LpcEngine.Tests.Experiments;

/// <summary>Where losses come two steps late, a run writes, resumes and diverges as where they come at once.</summary>
public sealed class FollowedLosses
{
    private TemporaryFolder folder = null!;
    private string device = "";

    [SetUp]
    public void MakeFolder()
    {
        folder = new TemporaryFolder();
        device = TestDevices.Names.FirstOrDefault(name => name.StartsWith("opencl", StringComparison.Ordinal)) ?? "";
        if (device.Length == 0) Assert.Ignore("this machine has no OpenCL device");
    }

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    // 60 steps an epoch: the table of losses comes once within it.
    private string[] Command(string run, params string[] more) =>
        ["synthetic10", "lpc-narrow", "--preset", "quick", "--backbone", "mlp", "--width", "4", "--penultimate", "4", "--train-size", "60", "--test-size", "1", "--batch", "10", "--epochs", "2", "--no-evaluate",
            "--deepfool-images", "0", "--pgd-images", "0", "--log-steps", "--device", device, "--out", folder[run], .. more];

    [Test]
    public void Every_step_has_its_line_once_however_often_the_run_is_stopped_and_the_epochs_means_are_those_of_its_steps()
    {
        Cli.Succeed(Command("whole"));
        foreach (var steps in new[] { 1, 50, 61 }) Cli.Succeed(Command("parts", "--steps", $"{steps}"));
        Cli.Succeed(Command("parts"));
        var whole = Steps("whole");
        Assert.That(whole.Select(line => (int)line["step"]!), Is.EqualTo(Enumerable.Range(1, 120)));
        Assert.That(Steps("parts").Select(Text), Is.EqualTo(whole.Select(Text)));
        foreach (var epoch in new[] { 1, 2 })
        {
            var mean = whole.Skip(60 * (epoch - 1)).Take(60).Average(line => (double)line["loss"]!);
            Assert.That((double)Lines("parts").Single(line => (string?)line["split"] == "train" && (int?)line["step"] == 60 * epoch)["running_loss"]!, Is.EqualTo(mean).Within(1e-5 * mean));
        }

        static string Text(JsonObject line) => string.Join(' ', line.Where(entry => entry.Key is not ("seconds" or "images_per_second" or "time")).Select(entry => $"{entry.Key}={entry.Value}"));
    }

    [Test]
    public void A_divergence_is_noticed_two_steps_later_and_named_by_its_own_step()
    {
        var (code, _, error) = Cli.Run(Command("run", "--lr", "1e30"));
        Assert.That(code, Is.EqualTo(3), error);
        var bad = Array.FindIndex(Steps("run"), line => (double?)line["loss"] is null) + 1;
        Assert.That(bad, Is.InRange(1, 50));
        Assert.That(error, Does.Contain($"in epoch 1 at step {bad} ({bad} of the run)"));
        Assert.That(Steps("run").Select(line => (int)line["step"]!), Is.EqualTo(Enumerable.Range(1, bad + 2)));
    }

    private JsonObject[] Lines(string run) => [.. File.ReadLines(folder[$"{run}/metrics.jsonl"]).Select(line => JsonNode.Parse(line)!.AsObject())];

    private JsonObject[] Steps(string run) => [.. Lines(run).Where(line => (string?)line["split"] == "step")];
}

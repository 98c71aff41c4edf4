using System.Text.Json;
using LpcEngine.Tests.Experiments;

namespace LpcEngine.Tests.Benchmarks;

/// <summary>What <c>deepfool</c> prints: one line of JSON with the results of <c>evaluate</c>, whatever the batch.</summary>
public sealed class DeepFoolContract
{
    [Test]
    public void It_attacks_what_evaluate_attacks_and_finds_the_same()
    {
        using var folder = new TemporaryFolder();
        Cli.Succeed("synthetic10", "nopen", "--preset", "quick", "--train-size", "4", "--backbone", "mlp", "--width", "4", "--epochs", "1",
            "--deepfool-images", "5", "--pgd-images", "0", "--device", "cpu", "--out", folder.Path);
        using var summary = JsonDocument.Parse(File.ReadAllText(folder["summary.json"]));
        foreach (var batch in (string[])["1", "3"])
        {
            var run = CommandLineRun.Of("deepfool", folder.Path, "--images", "5", "--batch", batch);
            Assert.That(run.ExitCode, Is.Zero, run.Error);
            using var json = JsonDocument.Parse(run.Output);
            Assert.That(json.RootElement.GetProperty("images").GetInt32(), Is.EqualTo(5));
            foreach (var (mine, its) in (ReadOnlySpan<(string, string)>)[("relative", "deepfool_relative"), ("median", "deepfool_median"), ("fooled", "deepfool_fooled")])
                Assert.That(json.RootElement.GetProperty(mine).GetDouble(), Is.EqualTo(summary.RootElement.GetProperty("test").GetProperty(its).GetDouble()), mine);
        }
    }
}

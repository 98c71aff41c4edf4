using System.Text.Json.Nodes;

namespace LpcEngine.Tests.Experiments;

/// <summary>The main job on an OpenCL device from its first step to the last of its measurements, beside the same on the processor.</summary>
/// <remarks>Nothing of this process but files in a folder of its own: other fixtures may run beside this one.</remarks>
[Parallelizable]
public sealed class SameCurve
{
    private readonly TemporaryFolder folder = new();

    [OneTimeTearDown]
    public void Remove() => folder.Dispose();

    [Test]
    public void An_OpenCL_device_learns_as_the_processor_does_and_measures_the_same()
    {
        var opencl = TestDevices.Names.FirstOrDefault(name => name.StartsWith("opencl", StringComparison.Ordinal));
        if (opencl is null) Assert.Ignore("this machine has no OpenCL device");
        var (cpu, gpu) = (Train("cpu"), Train(opencl!));
        var (expected, found) = (Steps(cpu), Steps(gpu));
        Assert.That(expected, Has.Length.EqualTo(18));
        Assert.That(found, Has.Length.EqualTo(expected.Length));
        for (var step = 0; step < expected.Length; step++)
            foreach (var name in new[] { "loss", "cross_entropy", "penalty" })
            {
                double was = (double)expected[step][name]!, now = (double)found[step][name]!;
                // After 18 steps the loss was off by 3e-6 of it (docs/gpu.md); errors of the first steps grow as the network learns.
                Assert.That(now, Is.EqualTo(was).Within(1e-4 * was), $"{name} of step {step + 1}");
            }
        Assert.That((double)expected[^1]["loss"]!, Is.LessThan(0.8 * (double)expected[0]["loss"]!), "it learned");
        var (summary, other) = (Summary(cpu), Summary(gpu));
        foreach (var split in new[] { "train", "test" })
            foreach (var name in new[] { "separation_ratio", "mean_norm", "sigma_w_trace", "nc1" })
                Assert.That((double)other[split]![name]!, Is.EqualTo((double)summary[split]![name]!).Within(0.01 * Math.Abs((double)summary[split]![name]!)), $"{split} {name}");
        Assert.That((double)other["train_accuracy"]!, Is.EqualTo((double)summary["train_accuracy"]!).Within(0.05));
        Assert.That((double)other["test"]!["deepfool_relative"]!, Is.EqualTo((double)summary["test"]!["deepfool_relative"]!).Within(0.05 * (double)summary["test"]!["deepfool_relative"]!), "DeepFool");
    }

    private string Train(string device)
    {
        var run = folder[device.Replace(':', '-')];
        // Kernels of its own: tests of this process must find none that they have not compiled.
        var (code, output, error) = Subprocess.Run(new() { [CacheFolder.Variable] = folder["cache"] }, "synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "8", "--test-size", "4", "--width", "8", "--epochs", "6", "--gamma-hold", "2",
            "--gamma-max", "0.1", "--log-steps", "--deepfool-images", "8", "--pgd-images", "8", "--device", device, "--out", run);
        Assert.That(code, Is.Zero, output + error);
        return run;
    }

    private static JsonNode[] Steps(string run) =>
        File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(line => JsonNode.Parse(line)!).Where(line => (string)line["split"]! == "step").ToArray();

    private static JsonNode Summary(string run) => JsonNode.Parse(File.ReadAllText(Path.Combine(run, "summary.json")))!;
}

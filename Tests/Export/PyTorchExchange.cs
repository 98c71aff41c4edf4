using System.Diagnostics;
using LpcEngine.Tests.Architecture;
using LpcEngine.Tests.Experiments;

namespace LpcEngine.Tests.Export;

/// <summary>docs/pytorch_exchange.py does what it says, in both directions, where there is a Python with PyTorch and torchvision.</summary>
/// <remarks>Nothing of this process but files in a folder of each test's own: other fixtures may run beside this one.</remarks>
[Parallelizable]
public sealed class PyTorchExchange
{
    private static readonly string? Python = new[] { "python3", "/usr/bin/python3" }.FirstOrDefault(python => Call(python, "-c", "import torch, torchvision").Code == 0);

    [TestCase("resnet18", "lpc-narrow")]
    [TestCase("resnet50", "nonlinpen")]
    [TestCase("resnet18", "nopen")]
    public void A_trained_network_computes_the_same_in_torchvision(string backbone, string variant)
    {
        RequirePython();
        using var folder = new TemporaryFolder();
        Subprocess.Succeed("synthetic10", variant, "--preset", "quick", "--backbone", backbone, "--train-size", "2", "--test-size", "1", "--epochs", "2", "--batch", "10", "--width", "2", "--out", folder["run"],
            "--device", "cpu", "--deepfool-images", "0", "--pgd-images", "0", "--yes");
        var writer = new SafeTensorsWriter();
        var random = new Random(5);
        writer.Add("images", [4, 3, 32, 32], Enumerable.Range(0, 4 * 3 * 32 * 32).Select(_ => (float)random.NextDouble()).ToArray());
        writer.Write(folder["images.safetensors"]);
        Subprocess.Succeed("export", folder["run"], "--safetensors", folder["model.safetensors"]);
        Subprocess.Succeed("predict", folder["run"], folder["images.safetensors"], "--out", folder["ours.safetensors"], "--device", "cpu");
        var said = Script("load", folder["model.safetensors"], "--images", folder["images.safetensors"], "--ours", folder["ours.safetensors"]);
        Assert.That(said, Does.Contain("strict=True"));
        var difference = double.Parse(said.Split("largest difference of logits ")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.That(difference, Is.LessThan(1e-4));
    }

    [Test]
    public void A_run_begins_from_a_network_of_torchvision()
    {
        RequirePython();
        using var folder = new TemporaryFolder();
        Script("save", folder["init.safetensors"], "--width", "4", "--penultimate", "16");
        Subprocess.Succeed("synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "2", "--test-size", "1", "--steps", "1", "--batch", "10", "--width", "4", "--penultimate", "16", "--init", folder["init.safetensors"],
            "--out", folder["run"], "--device", "cpu", "--deepfool-images", "0", "--pgd-images", "0", "--lr", "1e-12", "--weight-decay", "0", "--yes");
        using SafeTensorsFile before = SafeTensorsFile.Open(folder["init.safetensors"]), after = SafeTensorsFile.Open(folder["run/model.safetensors"]);
        Assert.That(after.Entries.Select(entry => entry.Name), Is.EquivalentTo(before.Entries.Select(entry => entry.Name)));
        Assert.That(after.ReadFloats("layer4.1.conv2.weight"), Is.EqualTo(before.ReadFloats("layer4.1.conv2.weight")).Within(1e-6f));
    }

    private static void RequirePython()
    {
        if (Python is null) Assert.Ignore("No Python with PyTorch and torchvision here. On Debian: apt-get install python3-torchvision");
    }

    private static string Script(params string[] arguments)
    {
        var (code, output) = Call(Python!, [Path.Combine(Repository.Root, "docs", "pytorch_exchange.py"), .. arguments]);
        Assert.That(code, Is.Zero, output);
        return output;
    }

    private static (int Code, string Output) Call(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + error.Result);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (-1, $"{program} is not there");
        }
    }
}

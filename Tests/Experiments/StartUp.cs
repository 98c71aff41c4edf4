namespace LpcEngine.Tests.Experiments;

/// <summary>What the program says and does before the first step.</summary>
/// <remarks>Nothing of this process but files in a folder of its own: other fixtures may run beside this one.</remarks>
[Parallelizable]
public sealed class StartUp
{
    private readonly TemporaryFolder folder = new();

    [OneTimeTearDown]
    public void Remove() => folder.Dispose();

    [Test]
    public void A_second_start_takes_its_kernels_from_the_disk_and_learns_the_same()
    {
        var opencl = TestDevices.Names.FirstOrDefault(name => name.StartsWith("opencl", StringComparison.Ordinal));
        if (opencl is null) Assert.Ignore("this machine has no OpenCL device");
        var (first, second) = (Train("first", opencl!, "bf16"), Train("second", opencl!, "bf16"));
        Assert.That(first, Does.Match(@"\nkernels   \d\d compiled in \d+\.\d s, kept for the next start\n"));
        Assert.That(second, Does.Match(@"\nkernels   \d\d from disk in \d+\.\d s\n"));
        Assert.That(new[] { first, second }, Has.All.Match(@"\ndevice    opencl:0 .*, bf16; "));
        Assert.That(File.ReadAllBytes(Path.Combine(folder["second"], "model.safetensors")), Is.EqualTo(File.ReadAllBytes(Path.Combine(folder["first"], "model.safetensors"))));
    }

    [Test]
    public void The_processor_has_no_kernels_to_load()
    {
        var output = Train("cpu", "cpu", "fp32");
        Assert.That(output, Does.Match(@"\ndevice    cpu .*, fp32; ").And.Not.Contain("\nkernels"));
    }

    private string Train(string name, string device, string precision)
    {
        var (code, output, error) = Subprocess.Run(new() { [CacheFolder.Variable] = folder["cache"] }, "synthetic10", "lpc-narrow", "--preset", "quick", "--backbone", "mlp", "--train-size", "2", "--test-size", "1",
            "--width", "1", "--steps", "2", "--no-evaluate", "--device", device, "--precision", precision, "--out", folder[name]);
        Assert.That(code, Is.Zero, output + error);
        return output;
    }
}

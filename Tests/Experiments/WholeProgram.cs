using System.Text.Json.Nodes;

namespace LpcEngine.Tests.Experiments;

/// <summary>What only shows where the program is a process of its own.</summary>
/// <remarks>Nothing of this process but files in a folder of each test's own: other fixtures may run beside this one.</remarks>
[Parallelizable]
public sealed class WholeProgram
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [TestCase("INT")]
    [TestCase("TERM")]
    [TestCase("HUP")]
    public void A_signal_ends_a_run_after_its_step_with_a_checkpoint(string signal)
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("needs signals");
        using var process = Subprocess.Start([], "synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "3", "--test-size", "1", "--width", "1", "--epochs", "1000000",
            "--no-evaluate", "--device", "cpu", "--json", "--out", folder["run"]);
        // The first line of the table: training goes on.
        string? line;
        do line = process.StandardOutput.ReadLine();
        while (line is not null && !line.StartsWith("     1 ", StringComparison.Ordinal));
        Subprocess.Signal(process, signal);
        var (code, output, error) = Subprocess.End(process);
        Assert.That(code, Is.EqualTo(130), output + error);
        Assert.That(output, Does.Contain("Interrupted"));
        Assert.That(error, Is.Empty);
        var last = JsonNode.Parse(output.TrimEnd().Split('\n')[^1])!;
        Assert.That((string)last["ended"]!, Is.EqualTo("interrupted"));
        Assert.That((long)last["steps"]!, Is.Positive);
        Assert.That((string)last["checkpoint"]!, Does.EndWith("checkpoint.safetensors"));
        using var checkpoint = SafeTensorsFile.Open(folder["run/checkpoint.safetensors"]);
        Assert.That(checkpoint.Entries, Is.Not.Empty);
        Assert.That(Directory.GetFiles(folder["run"], "*.tmp"), Is.Empty);
    }

    [Test]
    public void A_run_whose_terminal_is_gone_ends_with_a_checkpoint_though_it_can_say_nothing_more()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("needs signals");
        using var process = Subprocess.Start([], "synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "3", "--test-size", "1", "--width", "1", "--epochs", "1000000",
            "--no-evaluate", "--device", "cpu", "--out", folder["run"]);
        string? line;
        do line = process.StandardOutput.ReadLine();
        while (line is not null && !line.StartsWith("     1 ", StringComparison.Ordinal));
        // The shell that ran in it says so once more.
        Subprocess.Signal(process, "HUP");
        process.StandardOutput.Close();
        Subprocess.Signal(process, "HUP");
        Assert.That(process.WaitForExit(TimeSpan.FromMinutes(2)));
        Assert.That(process.ExitCode, Is.EqualTo(130), process.StandardError.ReadToEnd());
        Assert.That(File.ReadAllText(folder["run/log.txt"]), Does.Contain("Interrupted; the same command goes on from here."));
        using var checkpoint = SafeTensorsFile.Open(folder["run/checkpoint.safetensors"]);
        Assert.That(checkpoint.Entries, Is.Not.Empty);
    }

    [Test]
    public void Without_a_network_a_missing_data_set_is_one_line_that_helps()
    {
        // A proxy that nobody is behind: no network, wherever this test runs.
        Dictionary<string, string> offline = new() { ["HTTPS_PROXY"] = "http://127.0.0.1:1", ["HTTP_PROXY"] = "http://127.0.0.1:1", ["NO_PROXY"] = "", ["LPC_DATA"] = folder["data"] };
        var (code, _, error) = Subprocess.Run(offline, "cifar10", "lpc", "--out", folder["run"]);
        Assert.That(code, Is.EqualTo(2), error);
        Assert.That(error.TrimEnd().Split('\n'), Has.Length.EqualTo(1).And.All.Contains("cifar-10-binary.tar.gz").And.All.Contains(folder["data"]).And.All.Contains("synthetic10"));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void A_closed_standard_output_is_no_trouble()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("needs sh");
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("sh")
        {
            ArgumentList =
            {
                "-c", "exec \"$0\" \"$@\" >&-", Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", Path.Combine(TestContext.CurrentContext.TestDirectory, "Experiments.dll"),
                "synthetic10", "lpc-narrow", "--preset", "quick", "--backbone", "mlp", "--width", "1", "--train-size", "2", "--test-size", "1", "--steps", "1", "--no-evaluate", "--device", "cpu", "--json", "--out", folder["run"],
            },
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var (code, _, error) = Subprocess.End(shell);
        Assert.That(code, Is.Zero, error);
        Assert.That(error, Is.Empty);
        Assert.That(File.Exists(folder["run/summary.json"]));
    }

    [Test]
    public void A_full_disk_behind_standard_output_is_the_users_problem()
    {
        if (!File.Exists("/dev/full")) Assert.Ignore("needs /dev/full");
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("sh")
        {
            ArgumentList = { "-c", "exec \"$0\" \"$1\" data list > /dev/full", Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", Path.Combine(TestContext.CurrentContext.TestDirectory, "Experiments.dll") },
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var (code, _, error) = Subprocess.End(shell);
        Assert.That(code, Is.EqualTo(2), error);
        Assert.That(error.TrimEnd().Split('\n'), Has.Length.EqualTo(1).And.All.Contains("standard output"));
    }

    [Test]
    public void Compiling_for_opencl_writes_nothing_to_standard_error()
    {
        if (!TestDevices.Names.Any(name => name.StartsWith("opencl", StringComparison.Ordinal))) Assert.Ignore("needs an OpenCL device");
        Dictionary<string, string> cold = new() { ["POCL_CACHE_DIR"] = folder.Folder("cache"), [CacheFolder.Variable] = folder["kernels"] };
        var (code, output, error) = Subprocess.Run(cold, "synthetic10", "nopen", "--preset", "quick", "--train-size", "1", "--test-size", "1", "--width", "1", "--steps", "1",
            "--no-evaluate", "--device", "opencl", "--out", folder["run"]);
        Assert.That(code, Is.Zero, output + error);
        Assert.That(error, Is.Empty);
    }

    [Test]
    public void The_last_line_is_the_summary_as_json()
    {
        var output = Subprocess.Succeed("synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "2", "--test-size", "2", "--width", "1", "--epochs", "1", "--json",
            "--device", "cpu", "--out", folder["run"]);
        var summary = JsonNode.Parse(output.TrimEnd().Split('\n')[^1])!.AsObject();
        Assert.That((double?)summary["test_accuracy"], Is.InRange(0.0, 1.0));
        Assert.That((int?)summary["steps"], Is.EqualTo(1));
        Assert.That(summary["train"]!.AsObject(), Is.Not.Empty);
    }

    [Test]
    public void Devices_and_their_operations_are_listed()
    {
        var output = Subprocess.Succeed("devices", "--ops");
        foreach (var name in TestDevices.Names) Assert.That(output, Does.Contain(name));
        Assert.That(output, Does.Contain("conv-2d"));
        Assert.That(Subprocess.Succeed("devices").Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(TestDevices.Names.Count));
    }
}

using System.Diagnostics;
using System.Text.Json.Nodes;
using LpcEngine.Experiments.Runs;
using LpcEngine.Tests.Experiments;

namespace LpcEngine.Tests.Sweeps;

/// <summary>Sweeps as processes: their runs, their ends, and what is left when something is killed.</summary>
/// <remarks>Nothing of this process but files in a folder of each test's own: other fixtures may run beside this one.</remarks>
[Parallelizable]
public sealed class SweepCommandTests
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    // What attacks find in the end is a few images' work.
    private static readonly string[] Attacks = ["--deepfool-images", "3", "--pgd-images", "2", "--pgd-steps", "2"];

    private string[] Sweep(string root, string variants, string rates, string seeds, int epochs, params string[] more) =>
        ["sweep", "synthetic10", "--variants", variants, "--lrs", rates, "--seeds", seeds, "--epochs", $"{epochs}", "--preset", "quick", "--train-size", "3", "--test-size", "2", "--width", "1",
            "--batch", "10", "--eval-every", "20", .. Attacks, "--device", "cpu", "--out", folder[root], .. more];

    private string[] Runs(string root) => [.. Directory.GetDirectories(folder[root], "quick-*", SearchOption.AllDirectories).Order()];

    private static void KillHolder(string run)
    {
        // "process 123 on …"
        var owner = RunLock.Holder(run);
        if (owner is null) return;
        try
        {
            using var process = Process.GetProcessById(int.Parse(owner.Split(' ')[1]));
            process.Kill();
        }
        catch (Exception problem) when (problem is ArgumentException or InvalidOperationException)
        {
            // It has just ended by itself.
        }
    }

    private static void WaitFor(Func<bool> condition, Process process)
    {
        var watch = Stopwatch.StartNew();
        while (!condition() && !process.HasExited && watch.Elapsed < TimeSpan.FromMinutes(1)) Thread.Sleep(20);
    }

    [Test]
    public void Killed_twice_and_rerun_a_sweep_ends_with_the_table_of_an_undisturbed_one()
    {
        string[] Command(string root) => Sweep(root, "lpc-narrow,nopen", "1e-3,2e-3", "1,", 70, "--jobs", "2", "--json", "--checkpoint-every", "0");
        var (code, whole, error) = Subprocess.Run([], Command("whole"));
        Assert.That(code, Is.Zero, whole + error);

        // The sweep itself dies while two runs go on.
        using (var first = Subprocess.Start([], Command("killed")))
        {
            WaitFor(() => Directory.Exists(folder["killed"]) && Runs("killed").Count(run => File.Exists(Path.Combine(run, RunFolder.CheckpointName))) == 2, first);
            Assert.That(first.HasExited, Is.False, "nothing was left to kill");
            first.Kill();
        }
        Assert.That(Runs("killed").Count(run => File.Exists(Path.Combine(run, RunFolder.SummaryName))), Is.LessThan(4));
        // Again at once, while they may still hold their folders; now a run dies.
        using (var second = Subprocess.Start([], Command("killed")))
        {
            WaitFor(() => Runs("killed").Any(run => RunLock.Holder(run) is not null), second);
            Thread.Sleep(300);
            foreach (var run in Runs("killed").Where(run => !File.Exists(Path.Combine(run, RunFolder.SummaryName))).Take(1)) KillHolder(run);
            var (secondCode, output, _) = Subprocess.End(second);
            Assert.That(secondCode, Is.EqualTo(130).Or.Zero, output);
            if (secondCode == 130) Assert.That(output, Does.Contain("killed"));
        }
        var (lastCode, last, lastError) = Subprocess.Run([], Command("killed"));
        Assert.That(lastCode, Is.Zero, last + lastError);

        Assert.That(Table(last), Is.EqualTo(Table(whole)).And.Length.EqualTo(3));
        Assert.That(Runs("killed").Select(run => Path.GetRelativePath(folder["killed"], run)), Is.EqualTo(Runs("whole").Select(run => Path.GetRelativePath(folder["whole"], run))));
        foreach (var (one, other) in Runs("killed").Zip(Runs("whole"))) Assert.That(Deterministic(one), Is.EqualTo(Deterministic(other)));

        var again = Subprocess.Run([], Command("killed"));
        Assert.That(again.Out, Does.Contain("4 done, 0 begun, 0 not begun").And.Not.Contain("begins"));
        Assert.That(Table(again.Out), Is.EqualTo(Table(whole)));
    }

    [TestCase("INT")]
    [TestCase("TERM")]
    [TestCase("KILL")]
    public void The_runs_end_with_the_sweep_and_leave_checkpoints(string signal)
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("needs signals");
        string[] command = Sweep("runs", "lpc-narrow,nopen", "1e-3", "1", 1_000_000, "--jobs", "2");
        using var sweep = Subprocess.Start([], command);
        bool HasEpochs(string run) => MetricsLog.Read(Path.Combine(run, RunFolder.MetricsName)).Count > 3;
        WaitFor(() => Directory.Exists(folder["runs"]) && Runs("runs").Count(HasEpochs) == 2, sweep);
        Subprocess.Signal(sweep, signal);
        var (code, output, error) = Subprocess.End(sweep);
        Assert.That(error, Is.Empty);
        if (signal != "KILL") Assert.That((code, output.Contains("Interrupted; the same command")), Is.EqualTo((130, true)), output);
        Assert.That(() => Runs("runs").Select(RunLock.Holder), Is.All.Null.After(signal == "KILL" ? 20_000 : 0, 50), "a run goes on without its sweep");
        foreach (var run in Runs("runs"))
        {
            using var checkpoint = SafeTensorsFile.Open(Path.Combine(run, RunFolder.CheckpointName));
            var state = JsonNode.Parse(checkpoint.Metadata["lpc.state"])!;
            Assert.That((long)state["steps"]!, Is.GreaterThan(3), "a checkpoint of the end, not of the first epoch");
            Assert.That(File.ReadAllText(Path.Combine(run, "log.txt")), Does.Contain("Interrupted"));
        }
    }

    [Test]
    public void A_run_that_diverges_is_in_the_table_with_its_reason_and_stops_no_other()
    {
        var (code, output, error) = Subprocess.Run([], Sweep("runs", "lpc-narrow", "1e-3,1e30", "1", 2));
        Assert.That(code, Is.EqualTo(3), output + error);
        Assert.That(output, Does.Match(@"lpc-narrow +1e-3 +1/1").And.Match(@"(?m)^lpc-narrow --lr 1e30 --seed 1: diverged: Training diverged in epoch"));
    }

    [Test]
    public void A_folder_in_use_is_waited_for_and_one_of_another_run_is_refused()
    {
        string[] command = Sweep("runs", "nopen,lpc", "1e-3", "1", 1);
        Assert.That(Subprocess.Run([], command).Code, Is.Zero);
        foreach (var run in Runs("runs").Take(1))
        {
            // As if it were another run's: other weights to begin with.
            Directory.Move(run, run + ".kept");
            Subprocess.Succeed("synthetic10", "lpc", "--preset", "quick", "--width", "2", "--train-size", "3", "--test-size", "2", "--epochs", "1", "--no-evaluate", "--device", "cpu", "--out", run);
            var (code, output, _) = Subprocess.Run([], command);
            Assert.That(code, Is.EqualTo(2), output);
            Assert.That(output, Does.Contain("lpc --lr 1e-3 --seed 1: refused: The folder").And.Contain("holds another run").And.Match("nopen +1e-3 +1/1"));
            Directory.Delete(run, recursive: true);
            Directory.CreateDirectory(run);
            using var sweep = UseFolder(run, command);
            Assert.That(Subprocess.End(sweep).Code, Is.Zero);
        }
    }

    [Test]
    public void Gammas_are_rows_of_the_variants_that_have_one()
    {
        var (code, output, error) = Subprocess.Run([], Sweep("runs", "nopen,lpc", "1e-3", "1", 3, "--gammas", "5,0.01", "--gamma-hold", "1", "--json"));
        Assert.That(code, Is.Zero, output + error);
        var rows = JsonNode.Parse(output.TrimEnd().Split('\n')[^1])!["variants"]!.AsArray();
        Assert.That(rows.Select(row => ((string?)row!["variant"], (double?)row["gamma_max"])), Is.EqualTo(new (string?, double?)[] { ("nopen", null), ("lpc", 0.01), ("lpc", 5) }));
        Assert.That(Runs("runs"), Has.Length.EqualTo(3));
        Assert.That(output, Does.Contain("lpc γ≤0.01").And.Contain("3 rows × 1 rate × 1 seed = 3 runs"));
        var again = Subprocess.Run([], Sweep("runs", "nopen,lpc", "1e-3", "1", 3, "--gammas", "5,0.01", "--gamma-hold", "1"));
        Assert.That(again.Out, Does.Contain("3 done"));
    }

    [Test]
    public void By_validation_the_images_held_out_choose()
    {
        var (code, output, error) = Subprocess.Run([], Sweep("runs", "nopen", "1e-3,2e-2", "2", 20, "--validation-size", "2", "--select", "validation", "--json"));
        Assert.That(code, Is.Zero, output + error);
        Assert.That(output, Does.Contain("held out %"));
        var json = JsonNode.Parse(output.TrimEnd().Split('\n')[^1])!;
        foreach (var chosen in json["variants"]![0]!["chosen"]!.AsArray())
        {
            var accuracies = json["runs"]!.AsArray().Where(run => (int)run!["seed"]! == (int)chosen!["seed"]!).ToDictionary(run => (double)run!["lr"]!, run => (double)run!["validation_accuracy"]!);
            Assert.That(accuracies[(double)chosen!["lr"]!], Is.EqualTo(accuracies.Values.Max()));
        }
    }

    [Test]
    public void Each_runs_folder_is_that_of_the_single_command()
    {
        Assert.That(Subprocess.Run([], Sweep("runs", "nopen", "2e-3", "3,", 1)).Code, Is.Zero);
        var run = Runs("runs").Single();
        Assert.That(Path.GetRelativePath(folder["runs"], run).Replace('\\', '/'), Is.EqualTo("synthetic10/nopen/quick-resnet18-w1-lr0.002-seed3-epochs1-batch10-train-size3-test-size2"));
        string[] single = ["synthetic10", "nopen", "--lr", "2e-3", "--seed", "3", "--epochs", "1", "--preset", "quick", "--train-size", "3", "--test-size", "2", "--width", "1", "--batch", "10",
            .. Attacks, "--device", "cpu", "--out", run];
        Assert.That(Subprocess.Succeed(single), Does.Contain("finished"));
    }

    // Starts a sweep while this process holds a folder, and lets go of it once the sweep has said that it waits.
    private static Process UseFolder(string run, string[] command)
    {
        using var held = RunFolder.Open(run);
        var sweep = Subprocess.Start([], command);
        string? line;
        do line = sweep.StandardOutput.ReadLine();
        while (line?.StartsWith("waits", StringComparison.Ordinal) == false);
        Assert.That(line, Does.Contain($"in use by process {Environment.ProcessId}"));
        return sweep;
    }

    // The lines from the head to the end of the table, without the times of the last column.
    private static string[] Table(string output) => [.. output.Split('\n').SkipWhile(line => !line.StartsWith("variant ", StringComparison.Ordinal))
        .TakeWhile(line => !line.StartsWith('{') && line.Length > 0).Select(line => System.Text.RegularExpressions.Regex.Replace(line, @" +(seconds|\d+( ± \d+)?)$", ""))];

    private static string Deterministic(string run)
    {
        var summary = JsonNode.Parse(File.ReadAllText(Path.Combine(run, RunFolder.SummaryName)))!.AsObject();
        summary.Remove("seconds");
        summary.Remove("images_per_second");
        return summary.ToJsonString();
    }
}

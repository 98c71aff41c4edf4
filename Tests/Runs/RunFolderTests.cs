using System.Diagnostics;
using System.Text.Json.Nodes;
using LpcEngine.Experiments.Runs;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Runs;

internal sealed class RunFolderTests
{
    [Test]
    public void A_run_folder_keeps_what_it_is_given()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["runs/cifar10/lpc/a"]);
        Assert.That(run.ReadConfig(), Is.Null);
        run.WriteConfig(new JsonObject { ["dataset"] = "cifar10" });
        Assert.That(run.IsFinished, Is.False);
        run.WriteSummary(new JsonObject { ["test_accuracy"] = 0.5, ["nc3"] = double.NaN });
        run.Log("hello");
        Assert.That(run.IsFinished);
        Assert.That((string)run.ReadConfig()!["dataset"]!, Is.EqualTo("cifar10"));
        Assert.That(run.ReadSummary()!.ContainsKey("nc3"), "a value that does not exist is null, not absent");
        Assert.That(File.ReadAllText(Path.Combine(run.Path, "log.txt")), Does.EndWith(" hello\n"));
        Assert.That(Directory.Exists(Path.GetDirectoryName(run.PlotPath("collapse.png"))));
    }

    [Test]
    public void Going_back_makes_a_finished_run_unfinished()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["a"]);
        run.Metrics.Append(new JsonObject { ["epoch"] = 1 });
        run.Metrics.Append(new JsonObject { ["epoch"] = 2 });
        run.WriteSummary(new JsonObject());
        run.Rewind(1);
        Assert.That(run.IsFinished, Is.False);
        Assert.That(MetricsLog.Read(Path.Combine(run.Path, "metrics.jsonl")), Has.Count.EqualTo(1));
    }

    [Test]
    public void Two_at_a_time_are_refused_and_the_owner_is_named()
    {
        using var folder = new TemporaryFolder();
        using (RunFolder.Open(folder["a"]))
        {
            UserErrors.Expect(() => RunFolder.Open(folder["a"]), folder["a"], $"process {Environment.ProcessId} on", "--out");
        }

        using var next = RunFolder.Open(folder["a"]);
        Assert.That(next, Is.Not.Null, "the lock goes with its owner");
    }

    [Test]
    public void A_folder_that_was_deleted_or_begun_anew_by_another_process_is_not_written_any_more()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["a"]);
        Assert.That(run.RequireOwn, Throws.Nothing);
        Directory.Delete(folder["a"], recursive: true);
        UserErrors.Expect(run.RequireOwn, folder["a"], "was deleted");
        // The lock went with the folder, so the same command makes a new one.
        using (RunFolder.Open(folder["a"]))
        {
            File.WriteAllText(folder["a/.lock-owner"], "process 1 on elsewhere since yesterday");
            UserErrors.Expect(run.RequireOwn, folder["a"], "process 1 on elsewhere since yesterday has a new one");
        }
        File.Delete(folder["a/.lock-owner"]);
        Assert.That(run.RequireOwn, Throws.Nothing, "somebody tidied up");
    }

    [Test]
    public void What_a_kill_left_half_written_goes_when_the_folder_is_opened_again()
    {
        using var folder = new TemporaryFolder();
        RunFolder.Open(folder["a"]).Dispose();
        Directory.CreateDirectory(folder["a/plots"]);
        foreach (var name in new[] { "a/checkpoint.safetensors.999999-130.tmp", "a/plots/collapse.png.999999-26.tmp" }) File.WriteAllText(folder[name], "half");
        RunFolder.Open(folder["a"]).Dispose();
        Assert.That(Directory.GetFiles(folder["a"], "*.tmp", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public void Another_process_holding_the_lock_keeps_us_out_until_it_is_killed()
    {
        if (!File.Exists("/usr/bin/flock"))
        {
            Assert.Ignore("This system has no flock command to stand for the other process.");
        }

        using var folder = new TemporaryFolder();
        RunFolder.Open(folder["a"]).Dispose();
        using var other = Process.Start(new ProcessStartInfo("/usr/bin/flock", [folder["a/.lock"], "-c", "echo held; exec sleep 60"]) { RedirectStandardOutput = true })!;
        try
        {
            Assert.That(other.StandardOutput.ReadLine(), Is.EqualTo("held"));
            UserErrors.Expect(() => RunFolder.Open(folder["a"]), "in use by");
        }
        finally
        {
            other.Kill(entireProcessTree: true);
            other.WaitForExit();
        }

        Assert.That(() => { RunFolder.Open(folder["a"]).Dispose(); return true; }, Is.True.After(5000, 50), "no stale lock is left");
    }

    [Test]
    public void A_folder_that_cannot_be_written_is_one_line()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "");
        UserErrors.Expect(() => RunFolder.Open(folder["file/run"]), folder["file/run"]);
        File.WriteAllText(folder["config.json"], "[1,2");
        UserErrors.Expect(() => RunFolder.ReadJson(folder["config.json"]), folder["config.json"]);
    }
}

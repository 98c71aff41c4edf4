using System.Text.Json.Nodes;
using LpcEngine.Experiments.Runs;
using LpcEngine.Tests.Experiments;

namespace LpcEngine.Tests.Sweeps.Slurm;

/// <summary>sweep --slurm and --status, with scripts in place of Slurm's programs. Tests/Slurm/run.sh has a real Slurm.</summary>
public sealed class SlurmSweepTests
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("needs bash");
        folder = new TemporaryFolder();
        FakeTools.Write(folder["tools"], "sbatch", $"[ \"$1\" = --version ] || {{ echo \"$@\" >> '{folder["submitted"]}'; echo 41; }}");
        QueueHolds();
        FakeTools.Write(folder["tools"], "sacct", "echo Slurm accounting storage is disabled >&2; exit 1");
    }

    [TearDown]
    public void RemoveFolder() => folder?.Dispose();

    private void QueueHolds(params string[] lines) => FakeTools.Write(folder["tools"], "squeue", string.Join('\n', lines.Select(line => $"echo '{line}'").Append($"echo \"$@\" >> '{folder["asked"]}'")));

    private string[] Sweep(params string[] more) =>
    [
        "sweep", "synthetic10", "--variants", "lpc-narrow,nopen", "--lrs", "1e-3", "--seeds", "2", "--epochs", "2", "--preset", "quick", "--train-size", "3", "--test-size", "2", "--width", "1", "--batch", "10",
        "--deepfool-images", "2", "--pgd-images", "0", "--device", "cpu", "--out", folder["my runs"], .. more,
    ];

    private (int Code, string Out, string Error) Run(params string[] arguments) => Subprocess.Run(FakeTools.Before(folder["tools"]), arguments);

    private string Succeed(params string[] arguments)
    {
        var (code, output, error) = Run(arguments);
        Assert.That((code, error), Is.EqualTo((0, "")), output);
        return output;
    }

    private string Submission(int n) => folder[$"my runs/synthetic10/slurm/{n}"];

    private string[] Submitted => File.Exists(folder["submitted"]) ? File.ReadAllLines(folder["submitted"]) : [];

    [Test]
    public void A_dry_run_writes_a_task_for_each_run_and_submits_nothing()
    {
        var output = Succeed(Sweep("--slurm", "--dry-run", "--jobs", "3", "--threads", "2", "--slurm-extra=--qos=low"));
        Assert.That(output, Does.Contain("2 variants × 1 rate × 2 seeds = 4 runs").And.Contain("0 done, 0 running or in the queue, 4 to submit").And.Contain($"script    {Submission(1)}/job.sh"));
        Assert.That(Submitted, Is.Empty);
        var script = File.ReadAllText(Path.Combine(Submission(1), "job.sh"));
        Assert.That(script, Does.Contain("#SBATCH --array=1-4%3\n").And.Contain("#SBATCH --cpus-per-task=2\n").And.Contain("#SBATCH --qos=low\n").And.Contain("#SBATCH --job-name=lpc-synthetic10\n"));
        string[] commands = File.ReadAllLines(Path.Combine(Submission(1), "commands.txt")), folders = File.ReadAllLines(Path.Combine(Submission(1), "folders.txt"));
        Assert.That((commands.Length, folders.Length), Is.EqualTo((4, 4)));
        for (var i = 0; i < 4; i++)
        {
            Assert.That(commands[i], Does.Match($"^\\S*dotnet \\S+/Experiments.dll synthetic10 {(i % 2 == 0 ? "lpc-narrow" : "nopen")} .*--lr 0.001 --seed {1 + i / 2} --threads 2 --out '").And.Contain($"'{folders[i]}'"));
            Assert.That(folders[i], Does.StartWith(folder["my runs/synthetic10/"]));
        }
        Assert.That(Directory.GetDirectories(folder["my runs/synthetic10"]).Select(Path.GetFileName), Is.EqualTo(new[] { "slurm" }), "no run is begun");
    }

    [Test]
    public void What_is_finished_or_in_the_queue_is_not_submitted_again_and_the_status_tells_all_of_it()
    {
        Assert.That(Succeed(Sweep("--slurm")), Does.Contain("submitted job 41: 4 tasks"));
        Assert.That(Submitted, Is.EqualTo(new[] { $"--parsable {Submission(1)}/job.sh" }));
        // Task 1 runs to its end, as its line says; 2 runs, 3 waits, 4 diverged.
        File.WriteAllText(folder["one.sh"], File.ReadLines(Path.Combine(Submission(1), "commands.txt")).First());
        using (var one = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", [folder["one.sh"]]) { RedirectStandardOutput = true, WorkingDirectory = "/" })!)
        {
            one.StandardOutput.ReadToEnd();
            one.WaitForExit();
            Assert.That(one.ExitCode, Is.Zero);
        }
        QueueHolds($"41|2|RUNNING|None|node7|{Submission(1)}/job.sh", $"41|3|PENDING|Resources||{Submission(1)}/job.sh", "40|1|RUNNING|None|node7|/another/users/job.sh", "39|N/A|RUNNING|None|node7|x");
        File.WriteAllText(Path.Combine(Submission(1), "log", "4.log"),
            "2026-11-27 20:00:00 task 4 of job 41 on node7: starts\nTraining diverged in epoch 2\n2026-11-27 20:01:00 task 4 of job 41 on node7: ends with exit code 3\n");

        var status = Succeed(Sweep("--status", "--json"));
        Assert.That(File.ReadAllText(folder["asked"]), Does.Contain("--name=lpc-synthetic10"));
        Assert.That(status, Does.Match(@"(?m)^state     1 done, 1 running, 1 queued, 1 diverged$").And.Match(@"(?m)^done +lpc-narrow --lr 1e-3 --seed 1 +test \d+\.\d%, train \d+\.\d%, \d+ s$")
            .And.Match(@"(?m)^running +nopen --lr 1e-3 --seed 1 +job 41_2 RUNNING on node7$").And.Match(@"(?m)^queued +lpc-narrow --lr 1e-3 --seed 2 +job 41_3 PENDING \(Resources\)$")
            .And.Match(@"(?m)^diverged +nopen --lr 1e-3 --seed 2 +job 41_4 exit code 3: Training diverged in epoch 2 \(.*4\.log\)$"));
        var states = JsonNode.Parse(status.TrimEnd().Split('\n')[^1])!["runs"]!.AsArray().Select(run => (string)run!["state"]!);
        Assert.That(states, Is.EqualTo(new[] { "done", "running", "waiting", "diverged" }));

        Assert.That(Succeed(Sweep("--slurm")), Does.Contain("1 done, 2 running or in the queue, 1 to submit").And.Contain("job 41: 1 task, in"));
        Assert.That(File.ReadAllLines(Path.Combine(Submission(2), "folders.txt")), Is.EqualTo(File.ReadLines(Path.Combine(Submission(1), "folders.txt")).Skip(3)));
    }

    [Test]
    public void The_status_without_Slurm_knows_the_runs_of_this_machine()
    {
        var tools = FakeTools.Before(folder["tools"]);
        tools["PATH"] = folder.Folder("empty");
        Assert.That(Subprocess.Run(tools, Sweep("--status")).Out, Does.Contain("state     4 waiting").And.Contain("variant"));
        Assert.That(Subprocess.Run(tools, Sweep("--status", "--quiet")).Out, Does.Contain("state     4 waiting"), "it is what was asked for");
        Assert.That(Directory.Exists(folder["my runs"]), Is.False, "to look on leaves nothing behind");
        Succeed(Sweep("--slurm", "--dry-run"));
        var first = File.ReadLines(Path.Combine(Submission(1), "folders.txt")).First();
        using (RunFolder.Open(first))
        {
            Assert.That(Subprocess.Run(tools, Sweep("--status")).Out, Does.Match($@"(?m)^running +lpc-narrow --lr 1e-3 --seed 1 +process {Environment.ProcessId} on "));
            Assert.That(Succeed(Sweep("--slurm", "--dry-run")), Does.Contain("1 running or in the queue, 3 to submit"));
        }
        File.WriteAllText(Path.Combine(first, "log.txt"), "2026-11-27 20:00:00 Training diverged in epoch 3 by step 1: no numbers.\n");
        Assert.That(Subprocess.Run(tools, Sweep("--status")).Out, Does.Match("(?m)^diverged +lpc-narrow --lr 1e-3 --seed 1 +Training diverged in epoch 3"));
    }

    [TestCase("killed by the kernel", "OUT_OF_MEMORY", "killed by the kernel")]
    [TestCase("slurmstepd: error: *** JOB 5 ON node7 CANCELLED DUE TO TIME LIMIT ***", null, "DUE TO TIME LIMIT")]
    public void A_task_that_ended_without_a_word_has_what_Slurm_says(string last, string? accounting, string word)
    {
        Succeed(Sweep("--slurm"));
        File.WriteAllText(Path.Combine(Submission(1), "log", "2.log"), $"2026-11-27 20:00:00 task 2 of job 41 on node7: starts\n{last}\n");
        if (accounting is not null) FakeTools.Write(folder["tools"], "sacct", $"echo '41_2|{accounting}'");
        var status = Succeed(Sweep("--status"));
        Assert.That(status, Does.Match($"(?m)^interrupted +nopen --lr 1e-3 --seed 1 .*job 41_2.*{System.Text.RegularExpressions.Regex.Escape(word)}"));
        if (accounting is not null) Assert.That(status, Does.Contain(accounting));
    }

    [Test]
    public void Without_sbatch_there_is_one_line_and_nothing_written()
    {
        var (code, _, error) = Subprocess.Run(new() { ["PATH"] = folder.Folder("empty") }, Sweep("--slurm"));
        Assert.That(code, Is.EqualTo(2), error);
        Assert.That(error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(error, Does.Contain("sbatch").And.Contain("--dry-run"));
        Assert.That(Directory.Exists(folder["my runs"]), Is.False);
        Assert.That(Subprocess.Run(new() { ["PATH"] = folder["empty"] }, Sweep("--slurm", "--dry-run")).Code, Is.Zero, "to write the script needs no Slurm");
    }

    [Test]
    public void A_Slurm_that_does_not_answer_leaves_nothing_behind()
    {
        FakeTools.Write(folder["tools"], "squeue", "echo 'squeue: fatal: Could not establish a configuration source' >&2; exit 1");
        var (code, _, error) = Run(Sweep("--slurm"));
        Assert.That((code, error), Is.EqualTo((2, "squeue cannot say which runs are in the queue already: Could not establish a configuration source. Nothing was submitted.\n")));
        Assert.That(Directory.Exists(folder["my runs"]), Is.False);
    }

    [Test]
    public void What_sbatch_or_squeue_refuses_is_one_line()
    {
        FakeTools.Write(folder["tools"], "sbatch", "[ \"$1\" = --version ] && exit; echo 'sbatch: warning: x' >&2; echo 'sbatch: error: invalid partition specified: lemon' >&2; exit 1");
        var (code, _, error) = Run(Sweep("--slurm", "--slurm-partition", "lemon"));
        Assert.That((code, error), Is.EqualTo((2, $"sbatch refuses the job: invalid partition specified: lemon. Its script is {Submission(1)}/job.sh.\n")));
        FakeTools.Write(folder["tools"], "squeue", "echo 'squeue: error: Unable to contact slurm controller' >&2; exit 1");
        (code, _, error) = Run(Sweep("--slurm"));
        Assert.That((code, error), Is.EqualTo((2, "squeue cannot say which runs are in the queue already: Unable to contact slurm controller. Nothing was submitted.\n")));
        Assert.That(Succeed(Sweep("--status")), Does.Contain("slurm     squeue says nothing of the queue: Unable to contact slurm controller"));
    }

    [TestCase("--dry-run", null)]
    [TestCase("--slurm-time", "1:00:00")]
    [TestCase("--slurm-extra", "-x")]
    public void An_option_of_Slurms_alone_is_refused(string flag, string? value) =>
        Assert.That(Cli.Refuse(value is null ? Sweep(flag) : Sweep($"{flag}={value}")), Does.Contain($"{flag} means nothing without --slurm"));

    [TestCase("--slurm-time=soon", "--slurm-time soon")]
    [TestCase("--slurm-memory=much", "--slurm-memory much")]
    [TestCase("--slurm-gpus=all", "--slurm-gpus all")]
    [TestCase("--slurm-gpus=0", "--slurm-gpus 0")]
    [TestCase("--slurm-partition=a b", "--slurm-partition a b")]
    [TestCase("--slurm-account=a\"b", "--slurm-account a\"b")]
    [TestCase("--slurm-extra=qos", "--slurm-extra qos")]
    [TestCase("--slurm-extra=--qos=a\nrm", "--slurm-extra --qos=a rm")]
    [TestCase("--init=missing.safetensors", "missing.safetensors")]
    [TestCase("--width=20000", "--width")]
    public void A_mistake_is_one_line_and_nothing_is_written(string option, string words)
    {
        string[] sweep = [.. Sweep("--slurm", "--dry-run", option)];
        if (option.StartsWith("--width", StringComparison.Ordinal)) sweep = [.. sweep.Where((_, i) => sweep[i] != "--width" && sweep[Math.Max(0, i - 1)] != "--width")];
        Assert.That(Cli.Refuse(sweep), Does.Contain(words));
        Assert.That(Directory.Exists(folder["my runs"]), Is.False);
    }

    [Test]
    public void A_GPU_of_the_cluster_need_not_be_here()
    {
        string[] sweep = [.. Sweep("--slurm", "--dry-run")];
        sweep[Array.IndexOf(sweep, "cpu")] = "cuda";
        Succeed([.. sweep, "--precision", "bf16"]);
        Assert.That(File.ReadAllText(Path.Combine(Submission(1), "job.sh")), Does.Contain("#SBATCH --gres=gpu:1\n"));
        Assert.That(File.ReadAllText(Path.Combine(Submission(1), "commands.txt")), Does.Contain("--device cuda").And.Contain("--precision bf16"));
        sweep[Array.IndexOf(sweep, "cuda")] = "tpu";
        Assert.That(Cli.Refuse(sweep), Does.Contain("tpu"));
    }

    [Test]
    public void A_run_of_Slurms_takes_two_signals_for_one_and_its_closed_input_for_none()
    {
        var task = new Dictionary<string, string> { ["LPC_RUN_OF_SWEEP"] = "slurm" };
        string[] command = ["synthetic10", "nopen", "--preset", "quick", "--train-size", "3", "--test-size", "2", "--width", "1", "--batch", "10", "--device", "cpu", "--epochs", "1000000", "--out", folder["run"], "--yes"];
        using var run = Subprocess.Start(task, command);
        run.StandardInput.Close();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (MetricsLog.Read(Path.Combine(folder["run"], RunFolder.MetricsName)).Count < 3 && !run.HasExited && watch.Elapsed < TimeSpan.FromMinutes(2)) Thread.Sleep(20);
        var (code, output, error) = Subprocess.Run(task, command);
        Assert.That((code, error.Split('\n').Length), Is.EqualTo((75, 2)), output + error);
        Assert.That(error, Does.Contain($"in use by process {run.Id}"));
        Subprocess.Signal(run, "TERM");
        Subprocess.Signal(run, "TERM");
        (code, output, error) = Subprocess.End(run);
        Assert.That((code, error), Is.EqualTo((130, "")), output);
        Assert.That(output, Does.Contain("Interrupted"), "what it says goes to the task's log");
    }
}

using System.Diagnostics;
using LpcEngine.Experiments.Sweeps.Slurm;

namespace LpcEngine.Tests.Sweeps.Slurm;

/// <summary>The job script, run by bash as Slurm would run it, with programs that end as they are told to.</summary>
public sealed class SlurmScriptTests
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("needs bash");
        folder = new TemporaryFolder();
        folder.Folder("runs/1/log");
        Directory.CreateDirectory(folder["a run"]);
        QueueSays("RUNNING");
        FakeTools.Write(folder["tools"], "scontrol", $"echo \"$*\" >> '{folder["requeued"]}'");
    }

    [TearDown]
    public void RemoveFolder() => folder?.Dispose();

    private SlurmScript Script(SlurmOptions? options = null) =>
        new(options ?? new SlurmOptions(), folder["runs/1"], 3, "lpc-synthetic10", folder.Path, new SortedDictionary<string, string> { ["LPC_DATA"] = "it's here" });

    private void QueueSays(string state) => FakeTools.Write(folder["tools"], "squeue", $"echo {state}");

    private string[] Requeued => File.Exists(folder["requeued"]) ? File.ReadAllLines(folder["requeued"]) : [];

    // Task 2; the program is a line of bash.
    private Process Start(string program, int restarts = 0)
    {
        File.WriteAllText(folder["runs/1/job.sh"], Script().Text().Replace("sleep 30", "sleep 0"));
        File.WriteAllText(folder["runs/1/commands.txt"], $"false\nbash -c {ShellWords.Quote(program)}\n");
        File.WriteAllText(folder["runs/1/folders.txt"], $"{folder["another"]}\n{folder["a run"]}\n");
        var start = new ProcessStartInfo("bash", [folder["runs/1/job.sh"]]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in FakeTools.Before(folder["tools"])) start.Environment[name] = value;
        foreach (var (name, value) in new[] { ("SLURM_ARRAY_TASK_ID", "2"), ("SLURM_ARRAY_JOB_ID", "7"), ("SLURM_JOB_ID", "9"), ("SLURMD_NODENAME", "node1"), ("SLURM_RESTART_COUNT", $"{restarts}") })
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static (int Code, string Out) End(Process process)
    {
        var output = process.StandardOutput.ReadToEnd();
        Assert.That(process.WaitForExit(60_000), Is.True);
        return (process.ExitCode, output);
    }

    private (int Code, string Out) Run(string program, int restarts = 0)
    {
        using var process = Start(program, restarts);
        return End(process);
    }

    // Starts it, sends TERM to the script once the program says that it's ready, and waits for both.
    private (int Code, string Out) Signal(string program)
    {
        using var process = Start(program);
        string? line;
        do line = process.StandardOutput.ReadLine();
        while (line is not (null or "ready"));
        using (var kill = Process.Start("kill", ["-s", "TERM", $"{process.Id}"])) kill.WaitForExit();
        return End(process);
    }

    [Test]
    public void It_asks_for_what_the_options_say()
    {
        var asked = Script(new SlurmOptions { AtOnce = 2, Cpus = 3, Time = "2", Memory = "5G", Gpus = "a100:1", Partition = "gpu,long", Account = "me", Extra = ["--qos=low", "--mail-type=END"] }).Text()
            .Split('\n').TakeWhile(line => line.StartsWith('#')).ToArray();
        Assert.That(asked, Is.EqualTo(new[]
        {
            "#!/bin/bash", "#SBATCH --job-name=lpc-synthetic10", "#SBATCH --array=1-3%2", $"#SBATCH --output=\"{folder["runs/1"]}/log/%a.log\"", "#SBATCH --open-mode=append", "#SBATCH --requeue",
            "#SBATCH --signal=B:TERM@30", "#SBATCH --time=2", "#SBATCH --nodes=1", "#SBATCH --ntasks=1", "#SBATCH --cpus-per-task=3", "#SBATCH --mem=5G", "#SBATCH --gres=gpu:a100:1", "#SBATCH --partition=gpu,long",
            "#SBATCH --account=me", "#SBATCH --qos=low", "#SBATCH --mail-type=END",
        }));
        Assert.That(Script().Text(), Does.Contain("--array=1-3\n").And.Contain("--signal=B:TERM@120\n").And.Not.Contain("--gres").And.Not.Contain("\r"));
        Assert.That((Script() with { Folder = "/my \"runs\" 50%" }).Text(), Does.Contain("--output=\"/my \\\"runs\\\" 50%%/log/%a.log\"\n"));
        Assert.That(() => SlurmScript.CheckFolder("/a\\b"), Throws.TypeOf<UserErrorException>().With.Message.Contains("backslash"));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(75)]
    [TestCase(137)]
    public void A_task_ends_as_its_run_does(int code)
    {
        var (ended, output) = Run($"echo \"$LPC_DATA, $LPC_RUN_OF_SWEEP, $PWD\"; exit {code}");
        Assert.That(ended, Is.EqualTo(code), output);
        Assert.That(output, Does.Contain($"it's here, slurm, {folder.Path}").And.Match("(?m)task 2 of job 7 on node1: starts$").And.Match($"(?m)task 2 of job 7 on node1: ends with exit code {code}$"));
        Assert.That(Requeued, Is.Empty, "not even a killed one: nobody asked it to end");
    }

    [Test]
    public void A_signal_reaches_the_program_and_the_task_goes_back_into_the_queue()
    {
        var (code, output) = Signal($"trap 'echo told; echo 2 > checkpoint.safetensors; exit 130' TERM; cd {ShellWords.Quote(folder["a run"])}; echo ready; while :; do sleep 0.1; done");
        Assert.That(code, Is.EqualTo(130), output);
        Assert.That(output, Does.Contain("told").And.Contain("stopped; goes back into the queue"));
        Assert.That(Requeued, Is.EqualTo(new[] { "requeue 7_2" }));
    }

    [Test]
    public void A_program_that_had_no_time_for_a_checkpoint_goes_back_as_well()
    {
        var (_, output) = Signal("echo ready; exec sleep 60"); // TERM ends it with 143
        Assert.That(Requeued, Is.EqualTo(new[] { "requeue 7_2" }), output);
    }

    [TestCase("COMPLETING")]
    [TestCase("PENDING")]
    [TestCase("")]
    public void What_is_cancelled_or_put_back_by_Slurm_itself_stays_as_it_is(string state)
    {
        QueueSays(state);
        var (code, output) = Run("exit 130");
        Assert.That((code, Requeued.Length), Is.EqualTo((130, 0)), output);
        Assert.That(output, Does.Contain("ends with exit code 130"));
    }

    [Test]
    public void Three_turns_that_come_no_further_are_the_last_and_progress_counts_anew()
    {
        var checkpoint = ShellWords.Quote(Path.Combine(folder["a run"], "checkpoint.safetensors"));
        string[] turns = ["exit 130", "exit 130", $"echo 1 >> {checkpoint}; exit 130", "exit 130", "exit 130"];
        foreach (var turn in turns) Run(turn);
        Assert.That(Requeued, Has.Length.EqualTo(5));
        var (code, output) = Run("exit 130");
        Assert.That((code, Requeued.Length), Is.EqualTo((130, 5)), output);
        Assert.That(output, Does.Contain("ends with exit code 130: three turns came no further"));
        Run("exit 130");
        Assert.That(Requeued, Has.Length.EqualTo(6), "submitted again, it has three turns again");
    }

    [Test]
    public void A_restarted_task_waits_for_its_lost_predecessor_to_let_go_of_the_folder_and_another_one_does_not()
    {
        var turns = ShellWords.Quote(folder["turns"]);
        var busy = $"echo >> {turns}; [ $(wc -l < {turns}) -ge 4 ] || exit 75";
        Assert.That(Run(busy).Code, Is.EqualTo(75));
        Assert.That(File.ReadAllLines(folder["turns"]), Has.Length.EqualTo(1));
        Assert.That(Run(busy, restarts: 1).Code, Is.Zero);
        Assert.That(Run("exit 75", restarts: 1).Code, Is.EqualTo(75), "not for ever");
    }

    [Test]
    public void A_task_without_a_line_says_so()
    {
        using var process = Start("exit 0");
        Assert.That(End(process).Code, Is.Zero);
        File.WriteAllText(folder["runs/1/commands.txt"], "true\n");
        var start = new ProcessStartInfo("bash", [folder["runs/1/job.sh"]]) { RedirectStandardOutput = true };
        start.Environment["SLURM_ARRAY_TASK_ID"] = "2";
        using var lost = Process.Start(start)!;
        var (code, output) = End(lost);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(output, Does.Contain("commands.txt has no line 2"));
    }
}

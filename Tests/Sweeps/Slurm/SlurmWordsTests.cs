using System.Diagnostics;
using LpcEngine.Experiments.Sweeps.Slurm;

namespace LpcEngine.Tests.Sweeps.Slurm;

/// <summary>What goes into a job script, read by those who will read it.</summary>
public sealed class SlurmWordsTests
{
    [Test]
    public void Bash_reads_every_word_back()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("needs bash");
        string[] words =
        [
            "plain", "", " ", "two words", "it's", "\"quoted\"", "back\\slash", "$HOME `id` $(id)", "a;b|c&d<e>f", "*?[a]{b,c}", "~", "#1", "!x", "line\nbreak", "tab\tand 'quote'\\\r", "é – ☃", "\u001b[0m",
            "folder:/a b/c", "-", "--out=x y", "\u007f", "100%", "octal\u00011",
        ];
        var line = ShellWords.Line(words);
        Assert.That(line, Does.Not.Contain("\n"));
        var start = new ProcessStartInfo("bash", ["-c", "eval \"words=($1)\"; printf '%s\\0' \"${words[@]}\"", "bash", line]) { RedirectStandardOutput = true };
        using var bash = Process.Start(start)!;
        Assert.That(bash.StandardOutput.ReadToEnd().TrimEnd('\0').Split('\0'), Is.EqualTo(words));
        Assert.That(ShellWords.Line(["dotnet", "/a/b.dll", "--lr", "1e-3"]), Is.EqualTo("dotnet /a/b.dll --lr 1e-3"), "a line that a person can read");
    }

    [TestCase("1", 15)]
    [TestCase("0:20", 10)]
    [TestCase("2", 30)]
    [TestCase("8", 120)]
    [TestCase("4:00:00", 120)]
    [TestCase("2-0", 120)]
    [TestCase("0-0:2", 30)]
    [TestCase("00:03:00", 45)]
    [TestCase("1-00:00:00", 120)]
    [TestCase("infinite", 120)]
    [TestCase("UNLIMITED", 120)]
    public void The_notice_before_a_time_limit_is_two_minutes_or_a_quarter_of_it(string limit, int notice) =>
        Assert.That(SlurmTime.Notice(SlurmTime.Check(limit)), Is.EqualTo(notice));

    [TestCase("")]
    [TestCase("0")]
    [TestCase("four hours")]
    [TestCase("4h")]
    [TestCase("-1")]
    [TestCase("1:2:3:4")]
    [TestCase("1 2")]
    [TestCase("4:00:00\n#SBATCH --wrap=x")]
    [TestCase("99999999999999999999")]
    public void Other_limits_are_refused(string limit) => Assert.That(() => SlurmTime.Check(limit), Throws.TypeOf<UserErrorException>().With.Message.Contains("--slurm-time"));

    [Test]
    public void Squeues_lines_are_tasks_whatever_the_path_of_their_script()
    {
        SlurmTask[] tasks = [.. SlurmQueue.Parse("4|3|PENDING|JobArrayTaskLimit||/a b/slurm/1/job.sh\n4|1|RUNNING|None|node[1-2]|/a|b/job.sh\n7|N/A|RUNNING|None|node3|(null)\nnonsense\n")];
        Assert.That(tasks, Is.EqualTo(new SlurmTask[] { new("4", 3, "PENDING", "JobArrayTaskLimit", "", "/a b/slurm/1/job.sh"), new("4", 1, "RUNNING", "None", "node[1-2]", "/a|b/job.sh") }));
        Assert.That(tasks.Select(task => task.Text), Is.EqualTo(new[] { "job 4_3 PENDING (JobArrayTaskLimit)", "job 4_1 RUNNING on node[1-2]" }));
    }
}

using System.Globalization;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Sweeps.Slurm;

/// <summary>A task that Slurm has in its queue, waiting or running.</summary>
/// <param name="Job">The array's number.</param>
/// <param name="Index">The task's, from 1.</param>
/// <param name="State">PENDING, RUNNING, COMPLETING and so on.</param>
/// <param name="Reason">Why it waits.</param>
/// <param name="Node">Where it runs; empty while it waits.</param>
/// <param name="Script">The script that was submitted.</param>
internal sealed record SlurmTask(string Job, int Index, string State, string Reason, string Node, string Script)
{
    /// <summary>In words.</summary>
    public string Text => Node.Length > 0 ? $"job {Job}_{Index} {State} on {Node}" : $"job {Job}_{Index} {State}{(Reason is "" or "None" ? "" : $" ({Reason})")}";
}

/// <summary>Which runs the queue holds: it names the script of a task, and the lists beside the script name its run folder. No record of ours can be wrong about it.</summary>
internal sealed class SlurmQueue
{
    // The script last: a path may hold the sign between the fields.
    private const string Format = "%F|%K|%T|%r|%N|%o";
    private const int Fields = 6;

    private readonly Dictionary<string, SlurmTask> tasks = new(StringComparer.Ordinal);

    private SlurmQueue() { }

    /// <summary>Whether there's a squeue here.</summary>
    public bool IsThere { get; private init; }

    /// <summary>Why squeue said nothing; null where it did.</summary>
    public string? Problem { get; private init; }

    /// <summary>Asks squeue for the tasks of a sweep.</summary>
    /// <param name="jobName">The name that its jobs have.</param>
    public static SlurmQueue Ask(string jobName)
    {
        if (SlurmTool.Run("squeue", "--noheader", "--array", $"--name={jobName}", $"--format={Format}") is not { } answer) return new SlurmQueue();
        if (answer.Code != 0) return new SlurmQueue { IsThere = true, Problem = answer.Problem.Length > 0 ? answer.Problem : $"exit code {answer.Code}" };
        var queue = new SlurmQueue { IsThere = true };
        foreach (var script in Parse(answer.Output).GroupBy(task => task.Script)) queue.Add(script.Key, script);
        return queue;
    }

    /// <summary>The task of a run; null where the queue holds none.</summary>
    public SlurmTask? Of(SweepCell cell) => tasks.GetValueOrDefault(RealPath.Of(cell.Folder));

    /// <summary>Reads what squeue prints; a line that's no task of an array is none of ours.</summary>
    public static IEnumerable<SlurmTask> Parse(string output)
    {
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split('|', Fields);
            if (parts.Length == Fields && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                yield return new SlurmTask(parts[0], index, parts[2], parts[3], parts[4], parts[5].TrimEnd());
        }
    }

    private void Add(string script, IEnumerable<SlurmTask> ofScript)
    {
        var folders = SlurmSubmission.ReadFolders(Path.GetDirectoryName(script));
        // Of two tasks with one run folder the one that runs says more.
        foreach (var task in ofScript.OrderBy(task => task.State == "RUNNING").Where(task => task.Index >= 1 && task.Index <= folders.Count)) tasks[RealPath.Of(folders[task.Index - 1])] = task;
    }
}

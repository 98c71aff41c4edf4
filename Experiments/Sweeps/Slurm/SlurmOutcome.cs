using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using LpcEngine.Experiments.Commands;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Sweeps.Slurm;

/// <summary>How the last task of a run ended, from its log.</summary>
/// <param name="Job">The array's number, an underscore, the task's.</param>
/// <param name="Code">The exit code; null where the task was killed before its script could say.</param>
/// <param name="Reason">What stood before it, the program's last word.</param>
/// <param name="Log">The log.</param>
internal sealed partial record SlurmOutcome(string Job, int? Code, string Reason, string Log)
{
    // The end of a log is enough.
    private const int Tail = 1 << 15;

    /// <summary>What that makes of a run.</summary>
    public CellState State => Code switch
    {
        ExitCodes.Diverged => CellState.Diverged,
        ExitCodes.UserError or ExitCodes.FolderInUse => CellState.Refused,
        ExitCodes.Defect => CellState.Failed,
        _ => CellState.Interrupted,
    };

    /// <summary>The outcomes of all runs that had a task, by their real folders: of several submissions the last one's.</summary>
    public static IReadOnlyDictionary<string, SlurmOutcome> Read(string root)
    {
        var outcomes = new Dictionary<string, SlurmOutcome>(StringComparer.Ordinal);
        foreach (var submission in SlurmSubmission.Folders(root))
        {
            var folders = SlurmSubmission.ReadFolders(submission);
            for (var task = 1; task <= folders.Count; task++)
                if (RealPath.Of(folders[task - 1]) is var folder && !outcomes.ContainsKey(folder) && Parse(SlurmScript.LogPath(submission, task)) is { } outcome) outcomes[folder] = outcome;
        }
        return outcomes;
    }

    /// <summary>States of ended tasks as sacct has them, by job; empty where it has none.</summary>
    public static IReadOnlyDictionary<string, string> Accounting(IReadOnlyCollection<string> jobs)
    {
        if (jobs.Count == 0 || SlurmTool.Run("sacct", "--noheader", "--allocations", "--parsable2", "--format=JobID,State", $"--jobs={string.Join(',', jobs)}") is not { Code: 0 } answer)
            return new Dictionary<string, string>();
        return answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('|')).Where(parts => parts.Length == 2)
            .GroupBy(parts => parts[0]).ToDictionary(same => same.Key, same => same.Last()[1].Trim());
    }

    private static SlurmOutcome? Parse(string log)
    {
        var (job, reason, code) = ("", "", (int?)null);
        foreach (var line in Lines(log))
        {
            if (Said().Match(line) is { Success: true } said)
            {
                job = $"{said.Groups["job"].Value}_{said.Groups["task"].Value}";
                code = Ending().Match(said.Groups["what"].Value) is { Success: true } ending ? int.Parse(ending.Groups["code"].Value, CultureInfo.InvariantCulture) : null;
                if (said.Groups["what"].Value.Split(": ", 2) is [_, var why]) reason = why;
                else if (code is null) reason = "";
            }
            else if (!string.IsNullOrWhiteSpace(line)) reason = line.Trim();
        }
        return job.Length > 0 ? new SlurmOutcome(job, code, reason, log) : null;
    }

    private static string[] Lines(string log)
    {
        try
        {
            if (!FileContent.IsThere(log)) return [];
            using var stream = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            stream.Position = Math.Max(0, stream.Length - Tail);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            return reader.ReadToEnd().Split('\n');
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d task (?<task>\d+) of job (?<job>\d+) on \S+: (?<what>.*)$", RegexOptions.CultureInvariant)]
    private static partial Regex Said();

    [GeneratedRegex(@"^ends with exit code (?<code>\d{1,3})", RegexOptions.CultureInvariant)]
    private static partial Regex Ending();
}

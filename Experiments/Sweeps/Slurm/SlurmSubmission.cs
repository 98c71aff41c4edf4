using System.Collections;
using System.Globalization;
using LpcEngine.Engine;
using LpcEngine.Experiments.Commands;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Experiments.Sweeps.Slurm;

/// <summary>A job array that a sweep writes and submits: a folder of its own, numbered, in the sweep's.</summary>
internal sealed class SlurmSubmission
{
    private SlurmSubmission(string folder, int tasks) => (Folder, Tasks) = (folder, tasks);

    /// <summary>Its folder, a full path.</summary>
    public string Folder { get; }

    /// <summary>How many tasks it has.</summary>
    public int Tasks { get; }

    /// <summary>The script.</summary>
    public string Script => Path.Combine(Folder, SlurmScript.Name);

    /// <summary>The folder of all submissions of a sweep.</summary>
    public static string Root(SweepOptions options) => Path.GetFullPath(Path.Combine(options.Root, RunName.DataSetName(options.Training.DataSet), "slurm"));

    /// <summary>What the queue calls a sweep's jobs: by the data set, without what squeue would read as something else.</summary>
    public static string JobName(SweepOptions options) =>
        "lpc-" + string.Concat(RunName.DataSetName(options.Training.DataSet).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '_'));

    /// <summary>Writes the script and its lists.</summary>
    /// <param name="root">The folder of all submissions; the caller holds its lock.</param>
    /// <param name="options">The sweep.</param>
    /// <param name="slurm">What to ask Slurm for.</param>
    /// <param name="cells">The runs, one for each task.</param>
    /// <exception cref="UserErrorException">It can't be written.</exception>
    public static SlurmSubmission Write(string root, SweepOptions options, SlurmOptions slurm, IReadOnlyList<SweepCell> cells)
    {
        var folder = Path.Combine(root, (Numbers(root).DefaultIfEmpty().Max() + 1).ToString(CultureInfo.InvariantCulture));
        string[] folders = [.. cells.Select(cell => Path.GetFullPath(cell.Folder))];
        foreach (var each in folders.Append(folder)) SlurmScript.CheckFolder(each);
        AtomicFile.CreateFolder(Path.Combine(folder, SlurmScript.LogFolder));
        var program = ThisProgram.Words();
        var commands = cells.Select(cell => ShellWords.Line([.. program, .. CellCommand.Arguments(cell, options.ForEachRun, slurm.Cpus)]));
        AtomicFile.WriteText(Path.Combine(folder, SlurmScript.CommandsName), Lines(commands));
        AtomicFile.WriteText(Path.Combine(folder, SlurmScript.FoldersName), Lines(folders));
        var submission = new SlurmSubmission(folder, cells.Count);
        var script = new SlurmScript(slurm, folder, cells.Count, JobName(options), Environment.CurrentDirectory, Variables());
        AtomicFile.WriteText(submission.Script, script.Text());
        return submission;
    }

    /// <summary>Gives it to sbatch.</summary>
    /// <returns>The job's number.</returns>
    /// <exception cref="UserErrorException">sbatch is not here, or refuses it.</exception>
    public string Submit()
    {
        if (SlurmTool.Run("sbatch", "--parsable", Script) is not { } answer) throw Missing();
        // "number", or "number;cluster".
        var job = answer.Output.Trim().Split(';')[0];
        if (answer.Code == 0 && job.Length > 0) return job;
        throw new UserErrorException($"sbatch refuses the job: {(answer.Problem.Length > 0 ? answer.Problem.TrimEnd('.') : $"exit code {answer.Code}")}. Its script is {Script}.");
    }

    /// <summary>What a machine without Slurm is told.</summary>
    public static UserErrorException Missing() =>
        new("--slurm needs sbatch, which is not in the PATH: submit where the cluster's users log in. --dry-run writes the job script without it; --jobs runs the sweep on this machine.");

    /// <summary>The submissions of a sweep, the last one first.</summary>
    public static IEnumerable<string> Folders(string root) => Numbers(root).OrderDescending().Select(number => Path.Combine(root, number.ToString(CultureInfo.InvariantCulture)));

    /// <summary>The run folders of a submission, in the order of its tasks; none where there's no such list.</summary>
    public static IReadOnlyList<string> ReadFolders(string? submission)
    {
        try
        {
            return submission is null ? [] : File.ReadAllLines(Path.Combine(submission, SlurmScript.FoldersName));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return []; // somebody else's job of that name, or a submission that was cleared away
        }
    }

    private static IEnumerable<int> Numbers(string root) => !Directory.Exists(root) ? [] : Directory.EnumerateDirectories(root)
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).Where(number => number > 0);

    // What the program reads of the environment; sbatch passes on everything or, where a site wants it so, nothing.
    private static SortedDictionary<string, string> Variables() => new(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .Where(variable => ((string)variable.Key).StartsWith("LPC_", StringComparison.Ordinal) && (string)variable.Key != ParentProcess.Variable)
        .ToDictionary(variable => (string)variable.Key, variable => (string)variable.Value!), StringComparer.Ordinal);

    private static string Lines(IEnumerable<string> lines) => string.Concat(lines.Select(line => line + "\n"));
}

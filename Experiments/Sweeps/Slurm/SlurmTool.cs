using System.ComponentModel;
using System.Diagnostics;
using LpcEngine.Engine;

namespace LpcEngine.Experiments.Sweeps.Slurm;

/// <summary>The programs of Slurm, from the PATH.</summary>
internal static class SlurmTool
{
    private const int NoSuchFile = 2, NoPermission = 13;

    private static readonly string[] OfTheScript =
        ["SBATCH_JOB_NAME", "SBATCH_ARRAY_INX", "SBATCH_OUTPUT", "SBATCH_OPEN_MODE", "SBATCH_REQUEUE", "SBATCH_NO_REQUEUE", "SBATCH_SIGNAL"];

    /// <summary>Runs one to its end.</summary>
    /// <param name="name">sbatch, squeue or sacct.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>Null where the machine has no such program.</returns>
    public static SlurmAnswer? Run(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo(name, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        // A user's own filters and formats of squeue's and sacct's would hide tasks; of sbatch's variables, which win over a script, those that say what the script must.
        foreach (var variable in start.Environment.Keys.Where(key => key.StartsWith("SQUEUE_", StringComparison.Ordinal) || key.StartsWith("SACCT_", StringComparison.Ordinal) || OfTheScript.Contains(key)).ToArray())
            start.Environment.Remove(variable);
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return new SlurmAnswer(process.ExitCode, output, LastLine(name, error.Result));
        }
        catch (Win32Exception problem) when (problem.NativeErrorCode is NoSuchFile or NoPermission)
        {
            return null;
        }
        catch (Win32Exception problem)
        {
            throw new UserErrorException($"Cannot start {name}: {problem.Message.ReplaceLineEndings(" ")}");
        }
    }

    // "sbatch: error: Batch job submission failed: …", "squeue: fatal: Could not …": the last line has the reason, earlier ones may be warnings.
    private static string LastLine(string name, string error) =>
        (error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "").Replace($"{name}: error: ", "").Replace($"{name}: fatal: ", "");
}

/// <summary>What a program of Slurm's said.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Problem">The last line of its standard error.</param>
internal sealed record SlurmAnswer(int Code, string Output, string Problem);

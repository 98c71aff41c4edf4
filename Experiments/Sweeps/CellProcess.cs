using System.ComponentModel;
using System.Diagnostics;
using LpcEngine.Engine;
using LpcEngine.Experiments.Commands;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>A run of a sweep as a process of its own: the single command, by this same program.</summary>
/// <remarks>The process ends by itself when this one ends, however it does: see <see cref="ParentProcess"/>.</remarks>
internal sealed class CellProcess : IDisposable
{
    // Exit codes of processes that a signal ended lie above this.
    private const int Signals = 128, Kill = 9;

    private readonly Process process;
    private string lastError = "";
    private bool told;

    private CellProcess(SweepCell cell, Process process) => (Cell, this.process) = (cell, process);

    /// <summary>The run.</summary>
    public SweepCell Cell { get; }

    /// <summary>Starts a run.</summary>
    /// <param name="cell">The run.</param>
    /// <param name="forEachRun">What the sweep's command line says to every run.</param>
    /// <param name="threads">Threads of the cpu device.</param>
    /// <exception cref="UserErrorException">The system can't start a process.</exception>
    public static CellProcess Start(SweepCell cell, IReadOnlyList<string> forEachRun, int threads)
    {
        var start = ThisProgram.Start();
        (start.UseShellExecute, start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (false, true, true, true);
        start.Environment[ParentProcess.Variable] = "1";
        foreach (var argument in CellCommand.Arguments(cell, forEachRun, threads)) start.ArgumentList.Add(argument);
        try
        {
            var running = new CellProcess(cell, Process.Start(start)!);
            running.process.OutputDataReceived += static (_, _) => { };
            running.process.ErrorDataReceived += (_, line) => running.Hear(line.Data);
            running.process.BeginOutputReadLine();
            running.process.BeginErrorReadLine();
            cell.State = CellState.Running;
            return running;
        }
        catch (Win32Exception problem)
        {
            throw new UserErrorException($"Cannot start {start.FileName}: {problem.Message.ReplaceLineEndings(" ")} Fewer --jobs need less memory and fewer processes.");
        }
    }

    /// <summary>Asks the run to write a checkpoint and end.</summary>
    public void AskToEnd()
    {
        if (told) return;
        told = true;
        try { process.StandardInput.Close(); }
        catch (IOException) { } // it has ended
    }

    /// <summary>Whether the process has ended; then the run's state says how.</summary>
    public bool HasEnded()
    {
        if (!process.HasExited) return false;
        process.WaitForExit(); // for the last line of standard error
        Conclude(process.ExitCode);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => process.Dispose();

    private void Conclude(int code)
    {
        (Cell.State, Cell.Reason) = code switch
        {
            ExitCodes.Done => Result(),
            ExitCodes.FolderInUse => (CellState.Waiting, null),
            ExitCodes.Diverged => (CellState.Diverged, Reason()),
            ExitCodes.UserError => (CellState.Refused, Reason()),
            ExitCodes.Interrupted => (CellState.Interrupted, "stopped; the same sweep goes on with it"),
            Signals + Kill => (CellState.Interrupted, "killed, perhaps for lack of memory (fewer --jobs need less); the same sweep goes on with it"),
            > Signals => (CellState.Interrupted, $"ended by signal {code - Signals}; the same sweep goes on with it"),
            _ => (CellState.Failed, Reason()),
        };
    }

    private (CellState, string?) Result()
    {
        Cell.Summary = RunFolder.ReadJson(Path.Combine(Cell.Folder, RunFolder.SummaryName));
        Cell.StepsDone = Cell.Steps;
        return Cell.Summary is null ? (CellState.Failed, "it ended without a summary") : (CellState.Done, null);
    }

    private string Reason()
    {
        lock (this) return lastError.Length > 0 ? lastError : $"exit code {process.ExitCode}; {Path.Combine(Cell.Folder, "log.txt")} may say more";
    }

    private void Hear(string? line)
    {
        lock (this) if (!string.IsNullOrWhiteSpace(line)) lastError = line.Trim();
    }
}

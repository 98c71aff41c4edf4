using System.Diagnostics;
using LpcEngine.Experiments.Commands;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>Works through the runs of a sweep, some at a time. One that does not end well does not stop the others.</summary>
internal sealed class SweepRunner(IReadOnlyList<SweepCell> cells, SweepOptions options, SweepScreen screen, SweepClock clock, CancellationToken interrupted)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100), Look = TimeSpan.FromSeconds(1);

    private readonly List<(CellProcess Process, CellProgress Progress)> running = [];
    private readonly List<SweepCell> waiting = [.. cells.Where(cell => cell.State == CellState.Waiting)];
    private readonly Stopwatch sinceLook = Stopwatch.StartNew();
    private readonly HashSet<SweepCell> toldBusy = [];
    private bool lookNow = true;

    /// <summary>Runs until all have ended, or those that run have ended after an interruption.</summary>
    public void Run()
    {
        try
        {
            while (running.Count > 0 || (waiting.Count > 0 && !interrupted.IsCancellationRequested))
            {
                if (interrupted.IsCancellationRequested) running.ForEach(run => run.Process.AskToEnd());
                else if (lookNow || sinceLook.Elapsed > Look) StartSome();
                Reap();
                if (sinceLook.Elapsed > Look)
                {
                    sinceLook.Restart();
                    running.ForEach(run => run.Progress.Update());
                    screen.Show([.. running.Select(run => (run.Process.Cell, run.Progress))], clock);
                }
                // Not the handle of the interruption: once it's set, waiting for it would be a busy loop.
                Thread.Sleep(Poll);
            }
        }
        finally
        {
            // Only after an error of this loop: they end by themselves, with checkpoints.
            running.ForEach(run => run.Process.AskToEnd());
            running.ForEach(run => run.Process.Dispose());
        }
        foreach (var cell in waiting) (cell.State, cell.Reason) = (CellState.Interrupted, "not begun by this sweep");
    }

    /// <summary>What a sweep says to its caller: the gravest of what its runs said.</summary>
    public static int ExitCode(IReadOnlyList<SweepCell> cells, bool wasInterrupted)
    {
        if (wasInterrupted) return ExitCodes.Interrupted;
        (CellState State, int Code)[] order = [(CellState.Failed, ExitCodes.Defect), (CellState.Refused, ExitCodes.UserError), (CellState.Interrupted, ExitCodes.Interrupted), (CellState.Diverged, ExitCodes.Diverged)];
        return order.Where(entry => cells.Any(cell => cell.State == entry.State)).Select(entry => entry.Code).FirstOrDefault(ExitCodes.Done);
    }

    private void StartSome()
    {
        lookNow = false;
        for (var i = 0; i < waiting.Count && running.Count < options.Jobs;)
        {
            var cell = waiting[i];
            // An earlier sweep's run that still writes its checkpoint, or another sweep on the same runs: its turn comes when that ends.
            if (RunLock.Holder(cell.Folder) is { } owner)
            {
                if (toldBusy.Add(cell)) screen.Busy(cell, owner);
                i++;
                continue;
            }
            waiting.RemoveAt(i);
            running.Add((CellProcess.Start(cell, options.ForEachRun, options.ThreadsEach), new CellProgress(cell)));
            screen.Started(cell);
        }
    }

    private void Reap()
    {
        for (var i = running.Count - 1; i >= 0; i--)
        {
            var (process, progress) = running[i];
            if (!process.HasEnded()) continue;
            running.RemoveAt(i);
            process.Dispose();
            lookNow = true;
            if (process.Cell.State == CellState.Waiting) waiting.Add(process.Cell);
            else screen.Ended(process.Cell, clock);
        }
    }
}

using System.Globalization;
using LpcEngine.Experiments.Commands;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Screen;
using LpcEngine.Experiments.Sweeps.Slurm;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>Where a run of a sweep stands, without having been started.</summary>
/// <param name="Cell">The run.</param>
/// <param name="Word">done, running, queued, begun, waiting, or how it ended.</param>
/// <param name="Detail">Its accuracies and times, who works on it, or why it ended.</param>
internal sealed record CellStatus(SweepCell Cell, string Word, string Detail);

/// <summary>The grid of a sweep as it is now: from the run folders, their locks, Slurm's queue and the logs of its tasks. Starts and changes nothing.</summary>
internal static class SweepStatus
{
    /// <summary>Looks at every run. Those that don't wait get their state.</summary>
    /// <param name="cells">All runs, those that are done known as such.</param>
    /// <param name="queue">Slurm's queue.</param>
    /// <param name="outcomes">How earlier tasks ended, by real folder.</param>
    public static IReadOnlyList<CellStatus> Of(IReadOnlyList<SweepCell> cells, SlurmQueue queue, IReadOnlyDictionary<string, SlurmOutcome> outcomes)
    {
        var ended = cells.Where(cell => cell.State == CellState.Waiting && queue.Of(cell) is null).Select(cell => outcomes.GetValueOrDefault(RealPath.Of(cell.Folder))).OfType<SlurmOutcome>();
        var accounting = SlurmOutcome.Accounting([.. ended.Where(outcome => outcome.Code is null).Select(outcome => outcome.Job).Distinct()]);
        return [.. cells.Select(cell => Of(cell, queue.Of(cell), outcomes.GetValueOrDefault(RealPath.Of(cell.Folder)), accounting))];
    }

    private static CellStatus Of(SweepCell cell, SlurmTask? task, SlurmOutcome? outcome, IReadOnlyDictionary<string, string> accounting)
    {
        if (cell.State == CellState.Done) return new(cell, "done", Result(cell));
        if (cell.State != CellState.Waiting) return Ended(cell, cell.State, cell.Reason);
        var holder = RunLock.Holder(cell.Folder);
        if (holder is not null || task is { State: not "PENDING" })
        {
            cell.State = CellState.Running;
            return new(cell, "running", Join(Progress(cell), task?.Text ?? holder!));
        }
        if (task is not null) return new(cell, "queued", Join(Progress(cell), task.Text));
        if (outcome is { Code: not ExitCodes.Done })
        {
            var state = accounting.TryGetValue(outcome.Job, out var word) ? $", {word}" : "";
            var reason = outcome.Reason.Length > 0 ? $": {outcome.Reason}" : "";
            return Ended(cell, outcome.State, Join(Progress(cell), $"job {outcome.Job}{(outcome.Code is { } code ? $" exit code {code}" : "")}{state}{reason} ({outcome.Log})"));
        }
        if (LastWord(cell.Folder) is { } diverged) return Ended(cell, CellState.Diverged, diverged);
        return cell.StepsDone > 0 ? new(cell, "begun", Progress(cell)) : new(cell, "waiting", "");
    }

    private static CellStatus Ended(SweepCell cell, CellState state, string? reason)
    {
        (cell.State, cell.Reason) = (state, reason);
        return new(cell, state.ToString().ToLowerInvariant(), reason ?? "");
    }

    private static string Result(SweepCell cell)
    {
        var seconds = JsonText.Number(cell.Summary, "seconds") is { } time ? $", {Durations.Text(time)}" : "";
        return $"test {Percent(JsonText.Number(cell.Summary, "test_accuracy"))}, train {Percent(JsonText.Number(cell.Summary, "train_accuracy"))}{seconds}";
    }

    private static string Progress(SweepCell cell)
    {
        var progress = new CellProgress(cell);
        progress.Update();
        if (progress.Epoch == 0) return cell.StepsDone > 0 ? string.Create(CultureInfo.InvariantCulture, $"step {cell.StepsDone} of {cell.Steps}") : "";
        var test = progress.TestAccuracy is { } accuracy ? $", test {Percent(accuracy)}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"epoch {progress.Epoch} of {cell.Config.Epochs}, train {Percent(progress.Accuracy)}{test}");
    }

    // A run that diverged says so in the last line of its log and nowhere else: its folder is that of a run that can go on.
    private static string? LastWord(string folder)
    {
        try
        {
            var log = Path.Combine(folder, "log.txt");
            var last = FileContent.IsThere(log) ? File.ReadLines(log).LastOrDefault(line => line.Length > 0) : null;
            return last?.IndexOf("Training diverged", StringComparison.Ordinal) is >= 0 and var start ? last[start..] : null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Join(params string[] parts) => string.Join(", ", parts.Where(part => part.Length > 0));

    private static string Percent(double? fraction) => fraction is { } value ? (100 * value).ToString("f1", CultureInfo.InvariantCulture) + "%" : "–";
}

using System.Diagnostics;
using System.Globalization;
using LpcEngine.Experiments.Screen;
using Spectre.Console;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>What a person sees of a sweep: what lies ahead, a line for each run that begins or ends, how far the running ones are, the table.</summary>
internal sealed class SweepScreen(IAnsiConsole console)
{
    private static readonly TimeSpan BetweenReports = TimeSpan.FromMinutes(10);

    private readonly LiveLines lines = new(console);
    private readonly Stopwatch sinceReport = Stopwatch.StartNew();
    private readonly Dictionary<SweepCell, Stopwatch> watches = [];
    private int all, ended;

    /// <summary>Asks the person before the screen; null where there's none.</summary>
    public Func<string, bool>? Confirm { get; init; } = Terminal.ConfirmLong;

    /// <summary>What lies ahead.</summary>
    /// <returns>Whether to go on: a sweep of days is asked about, where somebody can answer.</returns>
    public bool Start(IReadOnlyList<SweepCell> cells, SweepOptions options, string preset, SweepClock clock)
    {
        (all, ended) = (cells.Count, cells.Count(cell => cell.HasEnded));
        var done = cells.Count(cell => cell.State == CellState.Done);
        var begun = cells.Count(cell => !cell.HasEnded && cell.StepsDone > 0);
        Grid(cells, options, preset);
        lines.Write(StyledLine.Named("state", $"{done} done, {begun} begun, {all - ended - begun} not begun{(ended > done ? $", {ended - done} refused" : "")}"));
        if (ended == all) return true;
        lines.Write(StyledLine.Named("runs", $"{options.Jobs} at a time with {Counts.Text(options.ThreadsEach, "thread")} each, in {Path.Combine(options.Root, Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(cells[0].Folder)))!)}"));
        if (clock.Estimate() is not { } seconds) return true;
        lines.Write(StyledLine.Named("time", $"about {Durations.Text(seconds)}, evaluations apart"));
        if (seconds <= Durations.SecondsOfADay) return true;
        lines.Write(StyledLine.Named("", "that's long for this device: fewer --variants, --lrs or --seeds make it shorter", Tone.Warning));
        if (options.Training.Yes || Confirm is not { } ask || ask($"This sweep takes about {Durations.Text(seconds)}. Start it?")) return true;
        lines.Write("Not started. --yes starts it without this question.");
        return false;
    }

    /// <summary>Which runs there are.</summary>
    public void Grid(IReadOnlyList<SweepCell> cells, SweepOptions options, string preset)
    {
        var (rows, rates, seeds) = (Count(cells, cell => cell.Row), Count(cells, cell => cell.Rate), Count(cells, cell => cell.Seed));
        lines.Write(StyledLine.Named("sweep", $"{options.Training.DataSet}, {preset}: {Counts.Text(rows, options.Gammas is null ? "variant" : "row")} × {Counts.Text(rates, "rate")} × {Counts.Text(seeds, "seed")} = {Counts.Text(cells.Count, "run")}"));
    }

    /// <summary>Where the runs stand, a line each.</summary>
    public void Status(IReadOnlyList<CellStatus> runs, string? queueProblem)
    {
        lines.Write(StyledLine.Named("state", $"{string.Join(", ", runs.GroupBy(run => run.Word).Select(group => $"{group.Count()} {group.Key}"))}"));
        if (queueProblem is not null) lines.Write(StyledLine.Named("slurm", $"squeue says nothing of the queue: {queueProblem}"));
        var width = runs.Max(run => run.Cell.Name.Length);
        foreach (var run in runs) lines.Write($"{run.Word,-11} {run.Cell.Name.PadRight(width)}  {run.Detail}".TrimEnd());
    }

    /// <summary>What goes to Slurm, and what does not.</summary>
    public void Ahead(IReadOnlyList<SweepCell> cells, int queued, int toSubmit)
    {
        var (done, refused) = (cells.Count(cell => cell.State == CellState.Done), cells.Count(cell => cell.HasEnded && cell.State != CellState.Done));
        lines.Write(StyledLine.Named("state", $"{done} done, {queued} running or in the queue, {toSubmit} to submit{(refused > 0 ? $", {refused} refused" : "")}"));
        foreach (var cell in cells.Where(cell => cell.HasEnded && cell.State != CellState.Done)) lines.Write(StyledLine.Named("refused", $"{cell.Name}: {cell.Reason}"));
    }

    /// <summary>A line about what was submitted or written.</summary>
    public void Say(string name, string text) => lines.Write(StyledLine.Named(name, text));

    /// <summary>A run begins.</summary>
    public void Started(SweepCell cell)
    {
        watches[cell] = Stopwatch.StartNew();
        if (!lines.IsLive) lines.Write(StyledLine.Named("begins", $"{cell.Name}{(cell.StepsDone > 0 ? $", after step {cell.StepsDone}" : "")}"));
    }

    /// <summary>Another process has a run's folder.</summary>
    public void Busy(SweepCell cell, string owner) => lines.Write(StyledLine.Named("waits", $"{cell.Name}: its folder is in use by {owner}"));

    /// <summary>A run has ended, well or not.</summary>
    public void Ended(SweepCell cell, SweepClock clock)
    {
        ended++;
        var took = watches.TryGetValue(cell, out var watch) ? $" in {Durations.Text(watch.Elapsed)}" : "";
        var result = cell.State == CellState.Done
            ? $"done      {cell.Name}: test {Percent(JsonText.Number(cell.Summary, "test_accuracy"))}, train {Percent(JsonText.Number(cell.Summary, "train_accuracy"))}{took}"
            : $"{cell.State.ToString().ToLowerInvariant(),-9} {cell.Name}: {cell.Reason}";
        lines.Write($"{result} ({ended} of {all}{(cell.State == CellState.Interrupted ? "" : Left(clock))})");
    }

    /// <summary>How far the running ones are: on a terminal lines that renew themselves, elsewhere some lines every ten minutes.</summary>
    public void Show(IReadOnlyList<(SweepCell Cell, CellProgress Progress)> running, SweepClock clock)
    {
        if (lines.IsLive)
        {
            lines.Show([$"{ended} of {all} runs have ended{Left(clock)}", .. running.Select(run => (StyledLine)Describe(run.Cell, run.Progress))]);
            return;
        }
        if (sinceReport.Elapsed < BetweenReports || running.Count == 0) return;
        sinceReport.Restart();
        foreach (var (cell, progress) in running) lines.Write(StyledLine.Named("running", $"{Describe(cell, progress)}"));
        lines.Write($"          {ended} of {all} runs have ended{Left(clock)}");
    }

    /// <summary>The result.</summary>
    public void Result(SweepTable table)
    {
        Table(table);
        foreach (var trouble in table.Troubles()) lines.Write(trouble);
    }

    /// <summary>The result alone.</summary>
    public void Table(SweepTable table)
    {
        lines.Erase();
        lines.Write("");
        foreach (var line in table.Lines()) lines.Write(line);
    }

    /// <summary>The sweep was stopped from outside.</summary>
    public void Interrupted()
    {
        lines.Erase();
        lines.Write("Interrupted; the same command goes on from here.");
    }

    private string Describe(SweepCell cell, CellProgress progress)
    {
        var time = watches.TryGetValue(cell, out var watch) ? watch.Elapsed : TimeSpan.Zero;
        var test = progress.TestAccuracy is { } accuracy ? $", test {Percent(accuracy)}" : "";
        return progress.Epoch == 0
            ? $"{cell.Name}: {Durations.Text(time)}"
            : $"{cell.Name}: epoch {progress.Epoch} of {cell.Config.Epochs}, train {Percent(progress.Accuracy)}{test}, {Durations.Text(time)}";
    }

    private static string Left(SweepClock clock) => clock.SecondsLeft() is { } seconds and > 0 ? $", about {Durations.Text(seconds)} left" : "";

    private static int Count<T>(IReadOnlyList<SweepCell> cells, Func<SweepCell, T> key) => cells.Select(key).Distinct().Count();

    private static string Percent(double? fraction) => fraction is { } value ? (100 * value).ToString("f1", CultureInfo.InvariantCulture) + "%" : "–";
}

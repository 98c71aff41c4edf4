using LpcEngine.Engine;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Screen;
using LpcEngine.Experiments.Sweeps;
using LpcEngine.Experiments.Sweeps.Slurm;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Experiments.Commands;

/// <summary>sweep --slurm and sweep --status: what a sweep does with runs that other machines train.</summary>
internal static class SlurmSweep
{
    /// <summary>Submits a job array with the runs that are neither finished nor in the queue.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UserErrorException">Slurm is not here, or refuses; or a run is impossible.</exception>
    public static int Submit(SweepOptions options, Preset preset)
    {
        var (slurm, root, screen) = (options.Slurm!, SlurmSubmission.Root(options), new SweepScreen(Terminal.Open()));
        SlurmScript.CheckFolder(root);
        if (!slurm.DryRun && SlurmTool.Run("sbatch", "--version") is null) throw SlurmSubmission.Missing();
        AskQueue(options, slurm); // a Slurm that does not work says so before there is a folder
        var cells = Plan(options, preset);
        screen.Grid(cells, options, preset.Name);
        SweepCell[] left = [.. cells.Where(cell => cell.State == CellState.Waiting)];
        // Two sweeps at once: the second sees in the queue what the first has put there. Where nothing is left, nothing is locked.
        using var alone = left.Length > 0 ? Lock(root) : null;
        var queue = AskQueue(options, slurm);
        SweepCell[] free = [.. left.Where(cell => queue.Of(cell) is null && RunLock.Holder(cell.Folder) is null)];
        screen.Ahead(cells, left.Length - free.Length, free.Length);
        if (free.Length > 0)
        {
            var submission = SlurmSubmission.Write(root, options, slurm, free);
            if (slurm.DryRun) screen.Say("script", submission.Script);
            else screen.Say("submitted", $"job {submission.Submit()}: {submission.Tasks} {(submission.Tasks == 1 ? "task" : "tasks")}, in {submission.Folder}; sweep … --status shows how far they are");
        }
        if (options.Json) Console.Out.WriteLine(JsonText.Line(new SweepTable(cells, options.Selection).Json(options.Training.DataSet, preset.Name)));
        return ExitCodes.Done;
    }

    /// <summary>Shows where the runs stand, and the table of those that are finished.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UserErrorException">The command line describes no sweep.</exception>
    public static int ShowStatus(SweepOptions options, Preset preset)
    {
        var screen = new SweepScreen(Terminal.Open(isAnswer: true));
        Devices.CheckName(options.Training.Device);
        var cells = SweepGrid.OfFolders(options, preset, SweepData.Of(options, preset));
        var queue = SlurmQueue.Ask(SlurmSubmission.JobName(options));
        var runs = SweepStatus.Of(cells, queue, SlurmOutcome.Read(SlurmSubmission.Root(options)));
        screen.Grid(cells, options, preset.Name);
        screen.Status(runs, queue.Problem);
        var table = new SweepTable(cells, options.Selection);
        screen.Table(table);
        if (options.Json) Console.Out.WriteLine(JsonText.Line(table.Json(options.Training.DataSet, preset.Name)));
        return ExitCodes.Done;
    }

    private static RunLock Lock(string root)
    {
        AtomicFile.CreateFolder(root);
        return RunLock.Take(root);
    }

    // A run submitted twice would only find its folder in use; but its task would wait for a place, and end as a failure.
    private static SlurmQueue AskQueue(SweepOptions options, SlurmOptions slurm)
    {
        var queue = SlurmQueue.Ask(SlurmSubmission.JobName(options));
        return queue.Problem is { } problem && !slurm.DryRun
            ? throw new UserErrorException($"squeue cannot say which runs are in the queue already: {problem.TrimEnd('.')}. Nothing was submitted.") : queue;
    }

    // Finds the mistakes that can be found here. A GPU of the cluster's is not, as a rule, where its users log in; memory for the weights alone is.
    private static IReadOnlyList<SweepCell> Plan(SweepOptions options, Preset preset)
    {
        Devices.CheckName(options.Training.Device);
        using var device = Devices.Open("cpu", 1);
        var isHere = options.Training.Device == "cpu" || (options.Training.Device == "auto" && options.Slurm!.Gpus is null);
        var cells = SweepGrid.Make(options, preset, SweepCommand.LoadData(options, preset), isHere ? device : null);
        if (cells.FirstOrDefault(cell => !cell.HasEnded) is { } next) RunSetup.NewModel(device, next.Config, resuming: next.StepsDone > 0);
        return cells;
    }
}

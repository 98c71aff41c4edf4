using LpcEngine.Engine;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Screen;
using LpcEngine.Experiments.Sweeps;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Experiments.Commands;

/// <summary>The verb sweep: variants × rates × seeds, each a run folder.</summary>
internal static class SweepCommand
{
    // Timing needs some steps; the first warms up.
    private const int TimedSteps = 2;

    /// <summary>Runs what is not finished and prints the table.</summary>
    /// <returns>The exit code.</returns>
    public static int Execute(SweepOptions options)
    {
        var preset = Preset.Named(options.Training.Preset ?? Preset.All[0].Name);
        RunSetup.CheckOptions(options.Training);
        if (options.Training.NoEvaluate) throw new UserErrorException("--no-evaluate: a sweep compares what its runs measure; leave the option out.");
        if (options.Selection == Selection.Validation && options.Training.ValidationSize is null)
            throw new UserErrorException("--select validation needs --validation-size n, the number of training images of each class to hold out.");
        if (options.Status) return SlurmSweep.ShowStatus(options, preset);
        if (options.Slurm is not null) return SlurmSweep.Submit(options, preset);
        // From here on: a signal before the first run ends the sweep, too.
        using var interruption = new Interruption();
        interruption.Begin();
        var screen = new SweepScreen(Terminal.Open());
        var (cells, clock) = Plan(options, preset);
        GC.Collect(); // the images, hundreds of megabytes that this process would keep for as long as it only waits
        if (!screen.Start(cells, options, preset.Name, clock)) return ExitCodes.Interrupted;
        new SweepRunner(cells, options, screen, clock, interruption.Token).Run();
        var table = new SweepTable(cells, options.Selection);
        screen.Result(table);
        if (Terminal.Mode == ScreenMode.Quiet) table.Troubles().ToList().ForEach(Terminal.Problem);
        var interrupted = interruption.Token.IsCancellationRequested && cells.Any(cell => cell.State == CellState.Interrupted);
        if (interrupted) screen.Interrupted();
        if (options.Json) Console.Out.WriteLine(JsonText.Line(table.Json(options.Training.DataSet, preset.Name)));
        return SweepRunner.ExitCode(cells, interrupted);
    }

    /// <summary>Loads the data that the runs are about.</summary>
    /// <exception cref="UserErrorException">There's none, or nothing in it to choose a rate by.</exception>
    public static Data.DataSet LoadData(SweepOptions options, Preset preset)
    {
        var data = RunSetup.LoadData(options.Training, preset);
        if (options.Selection == Selection.Test && data.Test is null && (options.Rates ?? preset.SweepRates).Count > 1)
            throw new UserErrorException($"The data set {data.Name} has no test images to choose among --lrs by. Give one rate, or --validation-size n and --select validation.");
        return data;
    }

    // Data and device are for this look ahead alone: the runs have their own.
    private static (IReadOnlyList<SweepCell> Cells, SweepClock Clock) Plan(SweepOptions options, Preset preset)
    {
        using var device = Devices.Open(options.Training.Device, options.ThreadsEach);
        var data = LoadData(options, preset);
        var cells = SweepGrid.Make(options, preset, data, device);
        var times = StepTimes.Measured(cells);
        if (times.Mean is null && cells.FirstOrDefault(cell => !cell.HasEnded) is { } next) times = times.With(next.Variant, Time(next, data, device));
        return (cells, new SweepClock(cells, options.Jobs) { Times = times });
    }

    // Finds mistakes that only the network shows, before anything is started.
    private static double Time(SweepCell cell, Data.DataSet data, Device device)
    {
        device.Precision = cell.Config.Precision;
        var model = RunSetup.NewModel(device, cell.Config, resuming: cell.StepsDone > 0);
        var images = new DeviceImages(device, data.Train, cell.Config.Mean, cell.Config.Std);
        return new Trainer(cell.Config, model, images, device).TimeStep(TimedSteps).Seconds;
    }
}

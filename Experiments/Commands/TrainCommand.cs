using LpcEngine.Engine;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Screen;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Commands;

/// <summary>The default verb: train, measure, write a run folder.</summary>
internal static class TrainCommand
{
    /// <summary>Runs to the end, to an interruption or to a divergence.</summary>
    /// <returns>The exit code.</returns>
    public static int Execute(TrainOptions options)
    {
        using var interruption = new Interruption();
        var variant = Variants.Named(options.Variant);
        var preset = Preset.Named(options.Preset ?? Preset.All[0].Name);
        RunSetup.CheckOptions(options);
        using var device = Devices.Open(options.Device, options.Threads ?? 0);
        var data = RunSetup.LoadData(options, preset);
        var config = RunConfig.From(options, preset, variant, data.Facts);
        RunSetup.CheckConfig(config, options, data, device);
        device.Precision = config.Precision;

        var path = options.Out ?? RunName.Folder(config, options, preset, variant, data.Facts);
        // Everything that can be refused is looked at before the folder is made.
        var model = RunSetup.NewModel(device, config, resuming: File.Exists(Path.Combine(path, RunFolder.CheckpointName)));
        using var folder = RunFolder.Open(path);
        RunProgress.Of(folder.Path, config);
        interruption.Begin();
        var screen = new RunScreen(Terminal.Open(), folder);
        var run = new Run(config, options, data, model, folder, screen, device, preset, interruption.Token);
        var end = run.Execute();
        if (end == Run.End.Interrupted) screen.Interrupted();
        if (options.Json) Console.Out.WriteLine(JsonText.Line(run.Summary ?? run.Unfinished(end)));
        return end switch { Run.End.Done => ExitCodes.Done, Run.End.Interrupted or Run.End.Declined => ExitCodes.Interrupted, _ => ExitCodes.Diverged };
    }
}

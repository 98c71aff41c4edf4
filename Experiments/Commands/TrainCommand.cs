using System.Runtime.InteropServices;
using LpcEngine.Engine;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Screen;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;
using Spectre.Console;

namespace LpcEngine.Experiments.Commands;

/// <summary>The default verb: train, measure, write a run folder.</summary>
internal static class TrainCommand
{
    /// <summary>Runs to the end, to an interruption or to a divergence.</summary>
    /// <returns>The exit code.</returns>
    public static int Execute(TrainOptions options)
    {
        var variant = Variants.Named(options.Variant);
        var preset = Preset.Named(options.Preset ?? Preset.All[0].Name);
        if (options.Steps < 1) throw new UserErrorException($"--steps {options.Steps}: must be at least 1.");
        if (options.EvaluateEvery < 1) throw new UserErrorException($"--eval-every {options.EvaluateEvery}: must be at least 1.");
        if (options.CheckpointEvery is { } seconds && !(seconds >= 0)) throw new UserErrorException($"--checkpoint-every {seconds}: must be a number of seconds, 0 or more.");
        if (options.DeepFoolImages < 0) throw new UserErrorException($"--deepfool-images {options.DeepFoolImages}: must be 0 (none) or more.");
        using var device = Devices.Open(options.Device, options.Threads ?? 0);
        var data = LoadData(options, preset);
        var config = RunConfig.From(options, preset, variant, data);
        if (options.DeepFoolImages > 0 && data.Test is null && !options.NoEvaluate)
            throw new UserErrorException($"--deepfool-images {options.DeepFoolImages}: the data set {data.Name} has no test images to attack. Leave the option out.");
        if (config.Precision != Precision.Fp32) throw new KernelMissingException("training", device.Name, config.Precision);
        Classifier.CheckSize(device, config.BackboneSpec, config.Head, config.Penultimate, config.Classes, Classifier.TrainingCopies);

        var path = options.Out ?? RunName.Folder(config, options, preset, variant, data);
        // Everything that can be refused is looked at before the folder is made.
        var model = NewModel(device, config, resuming: File.Exists(Path.Combine(path, RunFolder.CheckpointName)));
        using var folder = RunFolder.Open(path);
        CheckSameRun(folder, config);
        using var interruption = new Interruption();
        var screen = new RunScreen(AnsiConsole.Console, folder);
        var run = new Run(config, options, data, model, folder, screen, device, preset, interruption.Token);
        var end = run.Execute();
        if (options.Json && run.Summary is { } summary) Console.Out.WriteLine(JsonText.Line(summary));
        if (end == Run.End.Interrupted) screen.Interrupted();
        return end switch { Run.End.Done => ExitCodes.Done, Run.End.Interrupted or Run.End.Declined => ExitCodes.Interrupted, _ => ExitCodes.Diverged };
    }

    /// <summary>Loads the data set that a command line names, with a preset's subset where it says nothing.</summary>
    private static DataSet LoadData(TrainOptions options, Preset preset)
    {
        var known = DataCatalogue.Find(options.DataSet);
        var presetSize = known is null ? 0 : preset.TrainPerClass(known.Classes);
        return DataSets.Load(options.DataSet, new DataOptions
        {
            DataDirectory = options.DataDirectory,
            TrainPerClass = options.TrainSize ?? (presetSize > 0 ? presetSize : null),
            TestPerClass = options.TestSize,
            Seed = 0,
            Classes = options.Classes,
            Yes = options.Yes,
            Confirm = Terminal.Confirm,
            Progress = Terminal.FetchProgress(),
        });
    }

    // A run that goes on has its weights in its checkpoint; the file it began with may be gone.
    private static Classifier NewModel(Device device, RunConfig config, bool resuming)
    {
        var model = new Classifier(new Initialiser(device, (ulong)config.Seed), config.BackboneSpec, config.Head, config.Penultimate, config.Classes);
        config.RequireBatchesFor(model.Backbone);
        if (config.Init is null || resuming) return model;
        using var file = SafeTensorsFile.Open(config.Init);
        ModelFile.Read(file, model);
        return model;
    }

    private static void CheckSameRun(RunFolder folder, RunConfig config)
    {
        if (!File.Exists(folder.CheckpointPath)) return;
        using var file = SafeTensorsFile.Open(folder.CheckpointPath);
        if (RunConfig.Difference(config, Checkpoint.ReadConfig(file)) is { } difference)
            throw new UserErrorException($"The folder {folder.Path} holds another run: {difference}. Choose another folder with --out, or delete this one.");
    }

    /// <summary>Ctrl-C and SIGTERM ask for an end after the running step; a second Ctrl-C ends at once.</summary>
    private sealed class Interruption : IDisposable
    {
        private readonly CancellationTokenSource source = new();
        private readonly PosixSignalRegistration[] registrations;

        public Interruption() => registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
        ];

        public CancellationToken Token => source.Token;

        public void Dispose()
        {
            foreach (var registration in registrations) registration.Dispose();
            source.Dispose();
        }

        private void Handle(PosixSignalContext context)
        {
            context.Cancel = !source.IsCancellationRequested;
            source.Cancel();
        }
    }
}

using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Robustness;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Screen;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Experiments.Commands;

/// <summary>What the command line of evaluate says.</summary>
/// <param name="Folder">The run folder.</param>
internal sealed record EvaluateOptions(string Folder)
{
    /// <summary>Another data set; null for the run's own.</summary>
    public string? DataSet { get; init; }

    /// <summary>Null: as many as the run was to attack.</summary>
    public int? DeepFoolImages { get; init; }

    /// <summary>Where it says nothing: as the run.</summary>
    public PgdOptions Pgd { get; init; } = new();

    public bool Augmented { get; init; }

    public string Device { get; init; } = "auto";

    public int? Threads { get; init; }

    public string? DataDirectory { get; init; }

    public bool Json { get; init; }

    public bool Yes { get; init; }
}

/// <summary>The verb evaluate: all measurements of a run again, from its weights.</summary>
internal static class EvaluateCommand
{
    /// <summary>Measures and writes: for the run's own data its summary, for others a file beside it.</summary>
    /// <returns>The exit code.</returns>
    public static int Execute(EvaluateOptions options)
    {
        if (options.DeepFoolImages < 0) throw new UserErrorException($"--deepfool-images {options.DeepFoolImages}: must be 0 (none) or more.");
        TrainedRun.Require(options.Folder);
        using var interruption = new Interruption();
        using var folder = Open(options.Folder);
        using var device = Devices.Open(options.Device, options.Threads ?? 0);
        var run = TrainedRun.Load(options.Folder, device);
        var described = folder.ReadConfig() ?? throw new UserErrorException($"{folder.Path} has no {RunFolder.ConfigName}, which says how many images of each class the run has. Start the run's own command again: it writes one.");
        var isOwn = options.DataSet is null || options.DataSet == run.Config.DataSet;
        var data = LoadData(options, run.Config, described, isOwn);
        var config = isOwn ? run.Config : Elsewhere(run.Config, data, options.DataSet!);
        var plan = Plan(options, run.Config, described, device, data);
        RunSetup.CheckAttacks(options.DeepFoolImages, options.Pgd.Images, data);
        // A summary says that the run has ended. One that goes on will write its own.
        var isSummary = isOwn && (folder.IsFinished || run.State is not { Finished: false });
        var beside = isSummary ? null : new EvaluationFile(folder, config.DataSet, data, run.Model);

        var screen = new RunScreen(Terminal.Open(), folder);
        screen.StartMeasuring(run.Config, config.DataSet, device, run.State is { } state ? $"the checkpoint of step {state.Steps}" : RunFolder.ModelName);
        var images = RunImages.Upload(device, data, run.Config);
        interruption.Begin();
        var measured = FinalMeasurements.Take(run.Model, images, device, config, plan, null, screen, interruption.Token);
        if (measured is null)
        {
            screen.MeasuringInterrupted();
            return ExitCodes.Interrupted;
        }
        var result = RunSummary.Of(config, isOwn ? run.State : null, measured, beside is null ? folder.ReadSummary() : beside.Earlier);
        if (isSummary) RunPlots.Write(folder, config, measured.Evaluation);
        screen.Measured(result, beside?.Write(folder, result, isOwn ? null : run.Config.DataSet) ?? folder.WriteSummary(result));
        if (options.Json) Console.Out.WriteLine(JsonText.Line(result));
        return ExitCodes.Done;
    }

    // What the run was to attack; of one without evaluation, what its preset says.
    private static MeasurementPlan Plan(EvaluateOptions options, RunConfig config, JsonObject described, Device device, DataSet data)
    {
        var evaluated = described["evaluate_every"] is not null;
        var asked = new TrainOptions
        {
            DataSet = config.DataSet, Variant = config.Variant,
            DeepFoolImages = options.DeepFoolImages ?? (evaluated ? Number(described, "deepfool_images") : null),
            Pgd = evaluated ? options.Pgd.Or(PgdOptions.Read(described["pgd"])) : options.Pgd,
        };
        return MeasurementPlan.For(asked, Preset.Named(config.Preset), device.Name, data.Test?.Count ?? 0, finished: true) with { Augmented = options.Augmented };
    }

    private static int? Number(JsonObject described, string key) => described[key] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<int>(out var number) && number >= 0 => number,
        var other => throw new UserErrorException($"{RunFolder.ConfigName} says {key} {other.ToJsonString()}, which is no number of images: it was changed from outside."),
    };

    private static RunFolder Open(string path)
    {
        try { return RunFolder.Open(path); }
        catch (FolderInUseException problem)
        {
            throw new UserErrorException($"The run folder {path} is in use by {problem.Owner}. Evaluate it when that has ended.", problem);
        }
    }

    // The same images of each class as the run had: of another data set, too.
    private static DataSet LoadData(EvaluateOptions options, RunConfig config, JsonObject described, bool isOwn)
    {
        var name = options.DataSet ?? config.DataSet;
        var data = RunSetup.LoadData(
            new TrainOptions
            {
                DataSet = name, Variant = config.Variant, DataDirectory = options.DataDirectory, Yes = options.Yes,
                TrainSize = Number(described, "train_size"), TestSize = Number(described, "test_size"),
                ValidationSize = isOwn && config.ValidationSize > 0 ? config.ValidationSize : null,
                Classes = DataSets.IsTensors(name) ? config.Classes : null,
                ImageSize = SideFor(name, config),
            },
            Preset.Named(config.Preset));
        var shape = $"{data.Train.Height}×{data.Train.Width}×{data.Train.Channels}";
        if (shape != $"{config.ImageHeight}×{config.ImageWidth}×{config.ImageChannels}")
            throw new UserErrorException($"{name} has images of {shape}, this network takes {config.ImageHeight}×{config.ImageWidth}×{config.ImageChannels}. Choose another --dataset.");
        if (data.Classes != config.Classes && !isOwn)
            throw new UserErrorException($"{name} has {data.Classes} classes, this network {config.Classes}. Choose another --dataset.");
        if (!isOwn && DataSets.IsFolder(name)) RequireClassesOf(config, data);
        if (isOwn && data.Digest != config.DataDigest)
            throw new UserErrorException($"{name} ({data.Source}) holds other images than the run was trained on (digest {data.Digest}, the run's is {config.DataDigest}): "
                + "its summary would not be about its own data. Give the right --data-dir.");
        return data;
    }

    // Image files are scaled to what the network takes; one that takes no squares is told so as of other data sets.
    private static int? SideFor(string name, RunConfig config) => DataSets.IsFolder(name) && config.ImageHeight == config.ImageWidth ? config.ImageHeight : null;

    // A folder names its classes, and the order of names is that of the labels: other names would count right answers as wrong ones. A run of tensors knows numbers alone.
    private static void RequireClassesOf(RunConfig config, DataSet data)
    {
        if (DataSets.IsTensors(config.DataSet) || data.ClassNames.SequenceEqual(config.ClassNames)) return;
        var other = Enumerable.Range(0, data.Classes).First(k => k >= config.ClassNames.Count || data.ClassNames[k] != config.ClassNames[k]);
        throw new UserErrorException($"{data.Name} has other classes than the network: number {other} is {data.ClassNames[other]}, the network's is {config.ClassNames.ElementAtOrDefault(other) ?? "nameless"}. Name the folders of the classes as the run's.");
    }

    private static RunConfig Elsewhere(RunConfig config, DataSet data, string name) => config with
    {
        DataSet = name, ClassNames = data.ClassNames, Flip = data.Flip, TestImages = data.Test?.Count ?? 0,
    };
}

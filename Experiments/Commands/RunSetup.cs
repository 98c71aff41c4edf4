using LpcEngine.Engine;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Screen;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Commands;

/// <summary>What happens between a command line and a run: the data, and everything that can be refused before a folder is made.</summary>
internal static class RunSetup
{
    /// <summary>Refuses options that are wrong whatever the data.</summary>
    /// <exception cref="UserErrorException">A value is out of range.</exception>
    public static void CheckOptions(TrainOptions options)
    {
        if (options.Steps < 1) throw new UserErrorException($"--steps {options.Steps}: must be at least 1.");
        if (options.EvaluateEvery < 1) throw new UserErrorException($"--eval-every {options.EvaluateEvery}: must be at least 1.");
        if (options.CheckpointEvery is { } seconds && !(seconds >= 0)) throw new UserErrorException($"--checkpoint-every {seconds}: must be a number of seconds, 0 or more.");
        if (options.DeepFoolImages < 0) throw new UserErrorException($"--deepfool-images {options.DeepFoolImages}: must be 0 (none) or more.");
    }

    /// <summary>Refuses what the data or the device can't do.</summary>
    /// <param name="config">The run.</param>
    /// <param name="options">Its command line.</param>
    /// <param name="data">Its data.</param>
    /// <param name="device">Its device; null where that is another machine's, which will say so itself.</param>
    /// <exception cref="UserErrorException">There's nothing to attack, or the network does not fit.</exception>
    public static void CheckConfig(RunConfig config, TrainOptions options, DataSet data, Device? device)
    {
        if (!options.NoEvaluate) CheckAttacks(options.DeepFoolImages, options.Pgd.Images, data);
        if (device is null) return;
        Classifier.CheckSize(device, config.BackboneSpec, config.Head, config.Penultimate, config.Classes, Classifier.TrainingCopies);
        if (!device.Computes(config.Precision)) throw new KernelMissingException(Arithmetic(device, config), device.Name, config.Precision);
    }

    // The operation that images go into first, and most of the arithmetic.
    private static string Arithmetic(Device device, RunConfig config) => config.BackboneSpec.Build(Initialiser.Plan(device)).Convolutions.Count > 0 ? "Conv2d" : "Linear";

    /// <summary>Refuses to attack images that are not there.</summary>
    /// <exception cref="UserErrorException">There's nothing to attack.</exception>
    public static void CheckAttacks(int? deepFoolImages, int? pgdImages, DataSet data)
    {
        if (data.Test is not null) return;
        var option = deepFoolImages > 0 ? $"--deepfool-images {deepFoolImages}" : pgdImages > 0 ? $"{PgdArguments.ImagesName} {pgdImages}" : null;
        if (option is not null) throw new UserErrorException($"{option}: the data set {data.Name} has no test images to attack. Leave the option out.");
    }

    /// <summary>Loads the data set that a command line names, with a preset's subset where it says nothing.</summary>
    public static DataSet LoadData(TrainOptions options, Preset preset) => DataSets.Load(options.DataSet, DataOptionsOf(options, preset));

    /// <summary>Refuses what a command line says of its data that is wrong whatever lies on the disk.</summary>
    /// <exception cref="UserErrorException">Unknown name, or an option that is out of range or not for this data set.</exception>
    public static void CheckData(TrainOptions options, Preset preset) => DataSets.Check(options.DataSet, DataOptionsOf(options, preset));

    private static DataOptions DataOptionsOf(TrainOptions options, Preset preset)
    {
        var known = DataCatalogue.Find(options.DataSet);
        var presetSize = known is null ? 0 : preset.TrainPerClass(known.Classes);
        return new DataOptions
        {
            DataDirectory = options.DataDirectory,
            TrainPerClass = options.TrainSize ?? (presetSize > 0 ? presetSize : null),
            ValidationPerClass = options.ValidationSize,
            TestPerClass = options.TestSize,
            ImageSide = options.ImageSize,
            Seed = 0,
            Classes = options.Classes,
            Yes = options.Yes,
            Confirm = Terminal.Confirm,
            Progress = Terminal.FetchProgress(),
        };
    }

    /// <summary>Makes the network as a run begins with it.</summary>
    /// <param name="device">Where it lives.</param>
    /// <param name="config">The run.</param>
    /// <param name="resuming">A run that goes on has its weights in its checkpoint; the file it began with may be gone.</param>
    public static Classifier NewModel(Device device, RunConfig config, bool resuming)
    {
        var model = new Classifier(new Initialiser(device, (ulong)config.Seed), config.BackboneSpec, config.Head, config.Penultimate, config.Classes);
        config.RequireBatchesFor(model.Backbone);
        if (config.Init is null || resuming) return model;
        using var file = SafeTensorsFile.Open(config.Init);
        ModelFile.Read(file, model);
        RequireNumbers(model, config.Init);
        return model;
    }

    // A run that begins with a weight that is no number would only diverge, and blame the learning rate.
    private static void RequireNumbers(Classifier model, string path)
    {
        foreach (var tensor in model.State())
        {
            var values = tensor.ToFile();
            if (Array.FindIndex(values, value => !float.IsFinite(value)) is var bad and >= 0)
                throw new UserErrorException(FormattableString.Invariant($"--init {path}: {tensor.Name} holds {values[bad]}; every weight must be a finite number."));
        }
    }
}

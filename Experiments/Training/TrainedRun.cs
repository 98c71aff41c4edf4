using LpcEngine.Engine;
using LpcEngine.Experiments.Runs;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>The network of a run folder, as its run left it.</summary>
/// <param name="Config">The run.</param>
/// <param name="Model">The network with its weights.</param>
/// <param name="State">Where the checkpoint stands; null where only model.safetensors is left.</param>
internal sealed record TrainedRun(RunConfig Config, Classifier Model, RunState? State)
{
    /// <summary>Refuses a folder in which there's no network.</summary>
    /// <exception cref="UserErrorException">No folder, or neither checkpoint nor model.</exception>
    public static void Require(string folder)
    {
        if (!Directory.Exists(folder)) throw new UserErrorException($"There is no folder {folder}; give the folder of a run.");
        if (PathOf(folder) is null)
            throw new UserErrorException($"{folder} has neither {RunFolder.CheckpointName} nor {RunFolder.ModelName}: is it the folder of a run that has begun?");
    }

    /// <summary>Loads the checkpoint's weights, or else those of model.safetensors.</summary>
    /// <remarks>The device computes in the run's precision from here on, as while it trained; one that can't (the cpu) in floats, so that every run can be looked at everywhere.</remarks>
    /// <exception cref="UserErrorException">The file is damaged, or the device too small.</exception>
    public static TrainedRun Load(string folder, Device device)
    {
        Require(folder);
        return LoadFile(PathOf(folder)!, device);
    }

    /// <summary>Loads the network of a run folder, of a checkpoint or of a model file.</summary>
    /// <param name="path">The folder or the file.</param>
    /// <param name="device">Where.</param>
    /// <exception cref="UserErrorException">There is no such thing, it is damaged, or the device too small.</exception>
    public static TrainedRun LoadAny(string path, Device device)
    {
        if (Directory.Exists(path)) return Load(path, device);
        if (!File.Exists(path)) throw new UserErrorException($"There is no file or folder {path}; give a run folder, its {RunFolder.CheckpointName} or its {RunFolder.ModelName}.");
        return LoadFile(path, device);
    }

    private static TrainedRun LoadFile(string path, Device device)
    {
        using var file = SafeTensorsFile.Open(path);
        var isCheckpoint = Checkpoint.IsIn(file);
        var config = isCheckpoint ? Checkpoint.ReadConfig(file) : ModelFile.ReadConfig(file);
        if (device.Computes(config.Precision)) device.Precision = config.Precision;
        var model = isCheckpoint ? Checkpoint.BuildModel(file, config, device) : ModelFile.Build(file, config, device);
        return new(config, model, isCheckpoint ? Checkpoint.ReadState(file) : null);
    }

    private static string? PathOf(string folder) =>
        new[] { RunFolder.CheckpointName, RunFolder.ModelName }.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}

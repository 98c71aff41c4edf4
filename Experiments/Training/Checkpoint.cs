using System.Text.Json;
using LpcEngine.Engine;
using LpcEngine.Kernels;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>Where a run stands, beside its tensors.</summary>
internal sealed record RunState
{
    /// <summary>The epoch of the next step, from 1.</summary>
    public int Epoch { get; init; } = 1;

    /// <summary>Steps done in that epoch.</summary>
    public int StepOfEpoch { get; init; }

    /// <summary>Updates done in all.</summary>
    public long Steps { get; init; }

    /// <summary>Images trained on in all.</summary>
    public long Images { get; init; }

    /// <summary>Seconds spent in training steps.</summary>
    public double Seconds { get; init; }

    /// <summary>First evaluated epoch whose training accuracy exceeded 0.999; null before.</summary>
    public int? ConvergenceEpoch { get; init; }

    /// <summary>Whether the last epoch's end has been dealt with: its line written, its evaluation made.</summary>
    public bool Finished { get; init; }

    /// <summary>Whether a run with this trainer can stand here.</summary>
    public bool FitsInto(Trainer trainer) => Epoch >= 1 && Epoch <= trainer.Epochs && StepOfEpoch >= 0 && StepOfEpoch <= trainer.StepsPerEpoch
        && Steps == (long)(Epoch - 1) * trainer.StepsPerEpoch + StepOfEpoch && Images >= 0 && Seconds >= 0;
}

/// <summary>Everything that a run needs to go on exactly: weights, running statistics, AdamW's moments, the epoch's sums, and where it stands.</summary>
/// <remarks>Random numbers have no state: they are functions of the seed, the epoch and the image.</remarks>
internal static class Checkpoint
{
    private const string StateKey = "lpc.state", ConfigKey = "lpc.config", ModelPrefix = "model.", OptimizerPrefix = "optimizer.", TallyName = "tally";

    public static void Write(string path, Trainer trainer, RunConfig config, RunState state)
    {
        var writer = new SafeTensorsWriter();
        writer.Metadata[StateKey] = JsonSerializer.Serialize(state, JsonFormat.Compact);
        writer.Metadata[ConfigKey] = JsonSerializer.Serialize(config, JsonFormat.Compact);
        ModelFile.AddState(writer, trainer.Model, ModelPrefix);
        foreach (var tensor in trainer.Optimizer.State())
            writer.Add(OptimizerPrefix + tensor.Name, [tensor.Tensor.Shape.Count], tensor.Tensor.ToFloats());
        writer.Add(TallyName, [trainer.Losses.Tally.Shape.Count], trainer.Losses.Tally.ToFloats());
        writer.Write(path);
    }

    /// <summary>Whether a file is a checkpoint, whatever its name.</summary>
    public static bool IsIn(SafeTensorsFile file) => file.Metadata.ContainsKey(StateKey);

    /// <summary>The configuration of the run that wrote a checkpoint.</summary>
    public static RunConfig ReadConfig(SafeTensorsFile file) => RunConfig.Parse(Metadata(file, ConfigKey), file.Path);

    /// <summary>Where the run stood that wrote a checkpoint.</summary>
    public static RunState ReadState(SafeTensorsFile file) => JsonFormat.Parse<RunState>(Metadata(file, StateKey), file.Path);

    /// <summary>The network alone, with the weights as they were when it was written.</summary>
    /// <exception cref="UserErrorException">The file is damaged or of another architecture.</exception>
    public static Classifier BuildModel(SafeTensorsFile file, RunConfig config, Device device) => ModelFile.Build(file, config, device, ModelPrefix);

    /// <summary>Puts a trainer where a checkpoint was written.</summary>
    /// <exception cref="UserErrorException">The file is damaged or of another architecture.</exception>
    public static RunState Read(SafeTensorsFile file, Trainer trainer)
    {
        var state = ReadState(file);
        if (!state.FitsInto(trainer)) throw new UserErrorException($"{file.Path} is damaged: epoch {state.Epoch}, step {state.StepOfEpoch} of it and {state.Steps} in all are no place in this run. Delete it to start anew.");
        ModelFile.Read(file, trainer.Model, ModelPrefix);
        trainer.Resume(state.Epoch, state.StepOfEpoch);
        foreach (var tensor in trainer.Optimizer.State()) ReadFlat(file, OptimizerPrefix + tensor.Name, tensor.Tensor);
        ReadTally(file, trainer.Losses.Tally);
        trainer.Optimizer.Resume(state.Steps);
        return state;
    }

    private static string Metadata(SafeTensorsFile file, string key) => file.Metadata.TryGetValue(key, out var value)
        ? value
        : throw new UserErrorException($"{file.Path} is no checkpoint of this program (no metadata entry {key}). Delete it to start anew, or choose another folder with --out.");

    // A tally of before the contrastive loss ends where that begins; such a run has none.
    private static void ReadTally(SafeTensorsFile file, Tensor tally)
    {
        if (!file.Contains(TallyName) || file[TallyName].Count != TallyOp.Contrastive)
        {
            ReadFlat(file, TallyName, tally);
            return;
        }
        var values = new float[tally.Shape.Count];
        file.ReadFloats(TallyName).CopyTo(values.AsSpan());
        tally.CopyFrom<float>(values);
    }

    private static void ReadFlat(SafeTensorsFile file, string name, Tensor tensor)
    {
        if (!file.Contains(name) || file[name].Count != tensor.Shape.Count)
            throw new UserErrorException($"{file.Path}: {name} is missing or has another size than this network's. Is it a checkpoint of another architecture? Choose another folder with --out.");
        tensor.CopyFrom<float>(file.ReadFloats(name));
    }
}

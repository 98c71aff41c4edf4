using System.Text.Json;
using LpcEngine.Engine;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>Writes and reads weights under PyTorch's names and layouts (model.safetensors, --init).</summary>
internal static class ModelFile
{
    private const string ConfigKey = "lpc.config";

    /// <summary>Writes the model's state; the file also says how to build the network.</summary>
    public static void Write(string path, Classifier model, RunConfig config)
    {
        var writer = new SafeTensorsWriter();
        writer.Metadata["format"] = "pt"; // what PyTorch's own tools write, and some want to see
        writer.Metadata[ConfigKey] = JsonSerializer.Serialize(config, JsonFormat.Compact);
        AddState(writer, model, "");
        writer.Write(path);
    }

    public static void AddState(SafeTensorsWriter writer, Classifier model, string prefix)
    {
        foreach (var tensor in model.State())
            writer.Add(prefix + tensor.Name, Array.ConvertAll(tensor.FileShape.ToArray(), extent => (long)extent), tensor.ToFile());
        foreach (var counter in model.Counters()) writer.Add(prefix + counter.Name, [], new[] { counter.Get() });
    }

    /// <summary>The configuration that the file carries.</summary>
    /// <exception cref="UserErrorException">It carries none: another program wrote it.</exception>
    public static RunConfig ReadConfig(SafeTensorsFile file) => file.Metadata.TryGetValue(ConfigKey, out var json)
        ? RunConfig.Parse(json, $"{file.Path}, metadata entry {ConfigKey}")
        : throw new UserErrorException($"{file.Path} does not say which network it belongs to (no metadata entry {ConfigKey}). Give the run folder instead, or start a run from it with --init.");

    /// <summary>Makes the network that a file describes, with the file's weights.</summary>
    /// <param name="file">The file.</param>
    /// <param name="config">Its description.</param>
    /// <param name="device">Where the network is to live.</param>
    /// <param name="prefix">What stands before each name in the file.</param>
    /// <exception cref="UserErrorException">The file does not hold the network that it describes, or the device is too small.</exception>
    public static Classifier Build(SafeTensorsFile file, RunConfig config, Device device, string prefix = "")
    {
        RequireFit(file, config, device, prefix);
        var model = new Classifier(new Initialiser(device, 0), config.BackboneSpec, config.Head, config.Penultimate, config.Classes);
        Read(file, model, prefix);
        return model;
    }

    /// <summary>Compares a file with the shapes of the network that it describes, before there is one: a description must not cost more memory than its file has weights.</summary>
    /// <inheritdoc cref="Build"/>
    public static void RequireFit(SafeTensorsFile file, RunConfig config, Device device, string prefix = "")
    {
        Classifier plan;
        try
        {
            plan = new(Initialiser.Plan(device), config.BackboneSpec, config.Head, config.Penultimate, config.Classes);
        }
        catch (ShapeException problem)
        {
            throw new UserErrorException($"{file.Path} describes a network with a weight that is too large: {problem.Message} Is the file damaged?", problem);
        }
        Check(file, [.. plan.State()], [.. plan.Counters()], prefix);
    }

    /// <summary>Overwrites a model's state with that of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="model">The model.</param>
    /// <param name="prefix">What stands before each name in the file.</param>
    /// <exception cref="UserErrorException">A tensor is missing, has another shape, or the file has tensors that the model lacks. Nothing is changed then.</exception>
    public static void Read(SafeTensorsFile file, Classifier model, string prefix = "")
    {
        var tensors = model.State().ToArray();
        var counters = model.Counters().ToArray();
        Check(file, tensors, counters, prefix);
        foreach (var tensor in tensors) tensor.FromFile(file.ReadFloats(prefix + tensor.Name));
        foreach (var counter in counters)
            if (file.Contains(prefix + counter.Name)) counter.Set(file.ReadInts64(prefix + counter.Name)[0]);
    }

    private static void Check(SafeTensorsFile file, NamedTensor[] tensors, NamedCounter[] counters, string prefix)
    {
        if (file.Contains("module." + tensors[0].Name))
            throw new UserErrorException($"{file.Path} names its tensors module.…, as PyTorch does within DistributedDataParallel or DataParallel. Save model.module.state_dict() instead.");
        foreach (var tensor in tensors)
        {
            if (!file.Contains(prefix + tensor.Name))
                throw new UserErrorException($"{file.Path} has no tensor {prefix + tensor.Name}, which this network needs {tensor.FileShape}. Is the file of another architecture? Check --backbone, --width, --penultimate and the variant.");
            var entry = file[prefix + tensor.Name];
            if (!entry.Shape.SequenceEqual(Array.ConvertAll(tensor.FileShape.ToArray(), extent => (long)extent)))
                throw new UserErrorException($"{file.Path}: {prefix + tensor.Name} is {entry.ShapeText}, this network has {tensor.FileShape}. Is the file of another architecture? Check --backbone, --width, --penultimate, --classes and the variant.");
            if (entry.DType is not ("F32" or "F64" or "F16" or "BF16"))
                throw new UserErrorException($"{file.Path}: {prefix + tensor.Name} holds {entry.DType}; a weight must be F32, F64, F16 or BF16.");
        }
        foreach (var counter in counters)
        {
            if (!file.Contains(prefix + counter.Name)) continue; // older PyTorch files have none
            var entry = file[prefix + counter.Name];
            if (entry.Count != 1 || entry.DType is not ("I64" or "I32"))
                throw new UserErrorException($"{file.Path}: {prefix + counter.Name} is {entry.DType} {entry.ShapeText}; it must be one whole number (I64 or I32). Is the file damaged?");
        }
        var known = tensors.Select(tensor => prefix + tensor.Name).Concat(counters.Select(counter => prefix + counter.Name)).ToHashSet();
        var stranger = file.Entries.FirstOrDefault(entry => entry.Name.StartsWith(prefix, StringComparison.Ordinal) && !known.Contains(entry.Name));
        if (stranger?.Name == prefix + "fc.bias")
            throw new UserErrorException($"{file.Path} has a tensor {stranger.Name}; this network's classifier has no bias. Leave the tensor out.");
        if (stranger is not null)
            throw new UserErrorException($"{file.Path} has a tensor {stranger.Name} that this network lacks. Is the file of another architecture? Check --backbone, --width, --penultimate and the variant.");
    }
}

using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using LpcEngine.Engine;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Export.Onnx;

/// <summary>A trained network as a file for ONNX Runtime and all that reads ONNX.</summary>
/// <remarks>
/// Operators are those of version 13 of the set (2020), which every runtime in use has. The images are to be normalised as the training images were: the metadata say how (<c>mean</c> and <c>std</c> of each
/// channel, of values from 0 to 1), and have the names of the classes.
/// </remarks>
internal static class OnnxFile
{
    private const int IrVersion = 7, OperatorSet = 13;

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The network.</param>
    /// <param name="config">Its run.</param>
    /// <exception cref="UserErrorException">It can't be written, or would have more than 2 GiB, the most that such a file can have.</exception>
    public static void Write(string path, Classifier model, RunConfig config)
    {
        var weights = sizeof(float) * model.State().Sum(tensor => (long)tensor.Tensor.Shape.Count);
        if (weights > int.MaxValue - (16 << 20))
            throw new UserErrorException($"The network's weights are {weights >> 20:N0} MiB; an ONNX file holds at most 2 GiB. Use export --safetensors.");
        var file = Of(model, config);
        AtomicFile.Write(path, file.WriteTo);
    }

    /// <summary>The file's content.</summary>
    public static ModelProto Of(Classifier model, RunConfig config)
    {
        var file = new ModelProto
        {
            IrVersion = IrVersion, ProducerName = "LpcEngine", ProducerVersion = typeof(OnnxFile).Assembly.GetName().Version!.ToString(3),
            DocString = $"{config.Variant} on {Path.GetFileName(config.DataSet)}: {config.Backbone}, width {config.Width.ToString(CultureInfo.InvariantCulture)}. Input: normalised images; see the metadata mean and std.",
            OpsetImport = { new OperatorSetIdProto { Version = OperatorSet } },
            Graph = NetworkGraph.Of(model, config.Head, new Shape(config.ImageHeight, config.ImageWidth, config.ImageChannels)),
        };
        Say("classes", JsonSerializer.Serialize(config.ClassNames, JsonFormat.Compact));
        Say("mean", JsonSerializer.Serialize(config.Mean, JsonFormat.Compact));
        Say("std", JsonSerializer.Serialize(config.Std, JsonFormat.Compact));
        Say("variant", config.Variant);
        Say("backbone", config.Backbone);
        return file;

        void Say(string key, string value) => file.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
    }
}

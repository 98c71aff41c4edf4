using System.Globalization;
using LpcEngine.Engine;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Commands;

/// <summary>What the command line of predict says.</summary>
/// <param name="Model">A run folder or a model.safetensors.</param>
/// <param name="Images">The name of a data set, a file of tensors, or image files.</param>
internal sealed record PredictOptions(string Model, IReadOnlyList<string> Images)
{
    /// <summary>train or test; null for train, and for image files.</summary>
    public string? Split { get; init; }

    /// <summary>Where to write logits, latents and features; null for image files whose classes are only printed.</summary>
    public string? OutFile { get; init; }

    /// <summary>Where data sets lie, and how much of them is wanted.</summary>
    public DataOptions Data { get; init; } = new();
}

/// <summary>Applies a trained network to a data set, to a file of tensors or to image files.</summary>
internal static class PredictCommand
{
    private const int NamedClasses = 3;

    /// <returns>The exit code.</returns>
    public static int Execute(Device device, PredictOptions options)
    {
        var (files, split, outFile) = (options.Images, options.Split, options.OutFile);
        if (split is not null) OptionWords.Index("--split", split, OptionWords.Splits);
        // A file that is called like a data set can be given as ./cifar10.
        var isDataSet = files.Count == 1 && DataSets.IsKnown(files[0]);
        var isTensors = !isDataSet && files.Count == 1 && files[0].EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase);
        if ((isDataSet || isTensors) && outFile is null) throw new UserErrorException($"predict on a {(isDataSet ? "data set" : "tensor file")} needs --out FILE.safetensors for logits, latents and features.");
        if (!isDataSet && !isTensors && split is not null) throw new UserErrorException("--split is for data sets and tensor files; image files have no splits.");
        if (!isDataSet && (options.Data.TrainPerClass ?? options.Data.TestPerClass) is not null) throw new UserErrorException("--train-size and --test-size are for data sets; of files every image is taken.");

        if (outFile is not null) OutputFile.Require("--out", outFile, "predictions.safetensors");

        var (config, model) = Load(device, options.Model);
        var images = isDataSet ? PredictionImages.FromDataSet(files[0], split == "test", options.Data, config)
            : isTensors ? PredictionImages.FromTensors(files[0], split == "test" ? "test_images" : "images", config)
            : PredictionImages.FromFiles(files, config);
        var (mean, deviation) = config.NormalisationOf(images);
        var evaluation = Evaluator.Run(model, new DeviceImages(device, images, mean, deviation), device, withFeatures: true);
        if (!isDataSet && !isTensors) PrintTopClasses(files, evaluation.Logits, config);
        var labels = isDataSet ? Array.ConvertAll(images.Labels, label => (long)label) : isTensors ? Labels(files[0], split, images.Count) : null;
        if (outFile is not null) Write(outFile, evaluation, images.Count, model, labels);
        return ExitCodes.Done;
    }

    private static (RunConfig Config, Classifier Model) Load(Device device, string path)
    {
        var modelPath = Directory.Exists(path) ? Path.Combine(path, "model.safetensors") : path;
        if (!File.Exists(modelPath))
            throw new UserErrorException(Directory.Exists(path)
                ? $"{path} has no model.safetensors: is it a run folder whose run has finished?"
                : $"There is no file or folder {path}; give a run folder or a model.safetensors.");
        using var file = SafeTensorsFile.Open(modelPath);
        var config = ModelFile.ReadConfig(file);
        if (device.Computes(config.Precision)) device.Precision = config.Precision; // as it was trained; the cpu computes in floats
        return (config, ModelFile.Build(file, config, device));
    }

    // The classes of the images, where their file has them: whole numbers [N]. For the verb metrics; nothing here depends on them.
    private static long[]? Labels(string path, string? split, int count)
    {
        using var file = SafeTensorsFile.Open(path);
        var name = split == "test" ? "test_labels" : "labels";
        if (!file.Contains(name)) return null;
        var entry = file[name];
        var areWhole = entry.DType is "I64" or "I32" or "I16" or "I8" or "U32" or "U16" or "U8";
        return areWhole && entry.Shape.Count == 1 && entry.Shape[0] == count ? file.ReadInts64(name) : null;
    }

    // What metrics measures stands under the names that it reads.
    private static void Write(string path, Evaluation evaluation, int count, Classifier model, long[]? labels)
    {
        var writer = new SafeTensorsWriter();
        writer.Add("logits", [count, model.Classes], evaluation.Logits);
        writer.Add("latents", [count, model.Latents], evaluation.Latents);
        writer.Add("features", [count, model.Backbone.Features], evaluation.Features);
        writer.Add("classifier", [model.Classes, model.Latents], model.State().First(tensor => tensor.Tensor == model.LastWeight).ToFile());
        if (labels is not null) writer.Add("labels", [count], labels);
        writer.Write(path);
    }

    private static void PrintTopClasses(IReadOnlyList<string> files, float[] logits, RunConfig config)
    {
        for (var n = 0; n < files.Count; n++)
        {
            var scores = logits.AsSpan(n * config.Classes, config.Classes).ToArray();
            var largest = scores.Max();
            var sum = scores.Sum(score => Math.Exp(score - largest));
            var best = Enumerable.Range(0, config.Classes).OrderByDescending(k => scores[k]).Take(NamedClasses)
                .Select(k => string.Create(CultureInfo.InvariantCulture, $"{Name(k)} {Math.Exp(scores[k] - largest) / sum:0.000}"));
            Console.Out.WriteLine(PlainText.Of($"{files[n]}: {string.Join(", ", best)}"));
        }

        string Name(int k) => k < config.ClassNames.Count ? config.ClassNames[k] : k.ToString(CultureInfo.InvariantCulture);
    }
}

using System.Text.Json.Nodes;
using LpcEngine.Experiments.Training;
using LpcEngine.Tests.Experiments;
using Microsoft.ML.OnnxRuntime;

namespace LpcEngine.Tests.Export;

/// <summary>From training through export to other tools' files, by the command line.</summary>
public sealed class ExportVerbTests
{
    private TemporaryFolder folder = null!;

    [OneTimeSetUp]
    public void Train()
    {
        folder = new TemporaryFolder();
        Assert.That(Cli.Run("synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "2", "--test-size", "1", "--epochs", "2", "--batch", "10", "--width", "2", "--out", folder["run"], "--device", "cpu",
            "--deepfool-images", "0", "--pgd-images", "0", "--tensorboard", "--log-steps", "--yes").Code, Is.Zero);
    }

    [OneTimeTearDown]
    public void RemoveFolder() => folder.Dispose();

    [TestCase("run")]
    [TestCase("run/checkpoint.safetensors")]
    [TestCase("run/model.safetensors")]
    public void A_network_goes_out_from_a_run_folder_and_from_either_file(string source)
    {
        var (onnx, safeTensors) = (folder[$"{source.Replace('/', '-')}.onnx"], folder[$"{source.Replace('/', '-')}.out.safetensors"]);
        Assert.That(Cli.Run("export", folder[source], "--onnx", onnx, "--safetensors", safeTensors).Code, Is.Zero);
        using var session = new InferenceSession(onnx);
        Assert.That(session.InputMetadata["images"].Dimensions, Is.EqualTo(new[] { -1, 3, 32, 32 }));
        Assert.That(session.OutputMetadata["logits"].Dimensions, Is.EqualTo(new[] { -1, 10 }));
        var about = session.ModelMetadata.CustomMetadataMap;
        Assert.That(JsonNode.Parse(about["classes"])!.AsArray(), Has.Count.EqualTo(10));
        Assert.That(JsonNode.Parse(about["mean"])!.AsArray(), Has.Count.EqualTo(3));
        using SafeTensorsFile exported = SafeTensorsFile.Open(safeTensors), model = SafeTensorsFile.Open(folder["run/model.safetensors"]);
        Assert.That(exported.Entries.Select(entry => entry.Name), Is.EqualTo(model.Entries.Select(entry => entry.Name)));
        Assert.That(exported.ReadFloats("fc.weight"), Is.EqualTo(model.ReadFloats("fc.weight")));
        Assert.That(exported.Metadata["format"], Is.EqualTo("pt"));
        Assert.That(ModelFile.ReadConfig(exported).Variant, Is.EqualTo("lpc-narrow"));
    }

    [Test]
    public void What_training_logged_lies_there_for_tensorboard_and_spreadsheets()
    {
        Assert.That(Directory.GetFiles(folder["run/tensorboard"]), Has.Length.EqualTo(1));
        var (table, lines) = (File.ReadAllLines(folder["run/metrics.csv"]), File.ReadAllLines(folder["run/metrics.jsonl"]));
        Assert.That(table, Has.Length.EqualTo(1 + lines.Length));
        Assert.That(table[0], Does.StartWith("split,epoch,step,loss,cross_entropy,penalty"));
    }

    [Test]
    public void Mistakes_are_one_line()
    {
        Assert.That(Cli.Refuse("export", folder["run"]), Does.Contain("--onnx FILE"));
        Assert.That(Cli.Refuse("export", folder["nowhere"], "--onnx", folder["x.onnx"]), Does.Contain("nowhere"));
        Assert.That(Cli.Refuse("export", folder["run"], "--onnx", folder.Path), Does.Contain("is a folder"));
        Assert.That(Cli.Refuse("export", folder["run"], "--onnx", folder["x"], "--safetensors", folder["x"]), Does.Contain("same file"));
        Assert.That(Cli.Refuse("export", folder["run"], "--safetensors", folder["run/checkpoint.safetensors"]), Does.Contain("is the checkpoint of a run"));
        Assert.That(Cli.Refuse("export", folder["run/config.json"], "--onnx", folder["x.onnx"]), Does.Contain("config.json"));
        Assert.That(File.Exists(folder["x.onnx"]), Is.False);
    }
}

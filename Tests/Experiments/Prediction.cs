using SkiaSharp;

namespace LpcEngine.Tests.Experiments;

/// <summary>predict on tensors and on image files.</summary>
public sealed class Prediction
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [Test]
    public void Image_files_get_their_top_classes_by_name_and_tensors_their_split()
    {
        Train(channels: 3, testImages: 4);
        SavePng(folder["a.png"], SKColors.Red);
        SavePng(folder["b.png"], SKColors.Gray);
        var lines = Cli.Succeed("predict", folder["run"], folder["a.png"], folder["b.png"], "--device", "cpu").Trim().Split('\n');
        Assert.That(lines, Has.Length.EqualTo(2));
        Assert.That(lines[1], Does.StartWith(folder["b.png"] + ": ").And.Match(@"[01] 0\.\d{3}"));
        Cli.Succeed("predict", folder["run"], folder["t.safetensors"], "--split", "test", "--out", folder["p.safetensors"], "--device", "cpu");
        using var file = SafeTensorsFile.Open(folder["p.safetensors"]);
        Assert.That(file["logits"].Shape, Is.EqualTo(new long[] { 4, 2 }), "test_images has four");
        Assert.That(file["latents"].Shape[0], Is.EqualTo(4));
        Assert.That(file.Contains("features"));
    }

    [Test]
    public void Grey_networks_see_colour_files_in_grey()
    {
        Train(channels: 1, testImages: 2);
        SavePng(folder["red.png"], SKColors.Red);
        SavePng(folder["grey.png"], new SKColor(76, 76, 76)); // 0.299 · 255
        Cli.Succeed("predict", folder["run"], folder["red.png"], folder["grey.png"], "--out", folder["p.safetensors"], "--device", "cpu");
        using var file = SafeTensorsFile.Open(folder["p.safetensors"]);
        var logits = file.ReadFloats("logits");
        Assert.That(logits[..2], Is.EqualTo(logits[2..]));
    }

    [TestCase(2)]
    [TestCase(4)]
    public void Image_files_are_refused_by_networks_of_other_channels(int channels)
    {
        Train(channels, testImages: 2);
        SavePng(folder["a.png"], SKColors.Red);
        Assert.That(Cli.Refuse("predict", folder["run"], folder["a.png"], "--device", "cpu"), Does.Contain($"{channels} channels"));
    }

    [TestCase("train", 3)]
    [TestCase("test", 2)]
    public void A_data_set_by_name_is_predicted_as_the_file_of_its_images_is_and_metrics_reads_the_result(string split, int each)
    {
        Cli.Succeed("synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "3", "--width", "2", "--epochs", "1", "--no-evaluate", "--device", "cpu", "--out", folder["run"]);
        var data = LpcEngine.Experiments.Data.DataSets.Load("synthetic10", new() { TrainPerClass = 3, TestPerClass = 2 });
        var images = split == "test" ? data.Test! : data.Train;
        var writer = new SafeTensorsWriter();
        writer.Add("images", [images.Count, 3, 32, 32], AxisOrder.Permute(images.Bytes!, new Shape(images.Count, 32, 32, 3), (int[])[0, 3, 1, 2]));
        writer.Write(folder["images.safetensors"]);
        Cli.Succeed("predict", folder["run"], folder["images.safetensors"], "--out", folder["a.safetensors"], "--device", "cpu");
        Cli.Succeed("predict", folder["run"], "synthetic10", "--split", split, $"--{split}-size", $"{each}", "--out", folder["b.safetensors"], "--device", "cpu");
        using SafeTensorsFile ofFile = SafeTensorsFile.Open(folder["a.safetensors"]), ofName = SafeTensorsFile.Open(folder["b.safetensors"]);
        foreach (var name in (string[])["logits", "latents", "features", "classifier"]) Assert.That(ofName.ReadFloats(name), Is.EqualTo(ofFile.ReadFloats(name)), name);
        Assert.That(ofName.ReadInts64("labels"), Is.EqualTo(Array.ConvertAll(images.Labels, label => (long)label)).And.Length.EqualTo(10 * each));
        Assert.That(Cli.Succeed("metrics", folder["b.safetensors"]), Does.Contain("separation_ratio"));
    }

    [Test]
    public void A_file_of_tensors_by_the_name_of_a_data_set_has_its_labels_in_the_result()
    {
        Train(channels: 3, testImages: 4);
        Cli.Succeed("predict", folder["run"], "tensors:" + folder["t.safetensors"], "--split", "test", "--out", folder["p.safetensors"], "--device", "cpu");
        using var file = SafeTensorsFile.Open(folder["p.safetensors"]);
        Assert.That((file["logits"].Shape[0], file["labels"].Shape[0]), Is.EqualTo((4L, 4L)));
    }

    [Test]
    public void Mistakes_about_data_sets_are_one_line_each()
    {
        Train(channels: 3, testImages: 2);
        string[] predict = ["predict", folder["run"]], result = ["--out", folder["p.safetensors"], "--device", "cpu"];
        Assert.That(Cli.Refuse([.. predict, "synthetic10", "--device", "cpu"]), Does.Contain("data set").And.Contain("--out"));
        Assert.That(Cli.Refuse([.. predict, "synthetic10", "--test-size", "1", "--split", "test", .. result]), Does.Contain("32×32×3").And.Contain("8×8×3"));
        Assert.That(Cli.Refuse([.. predict, "cifar10", "--data-dir", folder["nothing"], "--split", "validation", .. result]), Does.Contain("--split validation"));
        Assert.That(Cli.Refuse([.. predict, folder["t.safetensors"], "--test-size", "1", .. result]), Does.Contain("--test-size"));
        Assert.That(Cli.Refuse([.. predict, "synthetic10", "--train-size", "0", .. result]), Does.Contain("--train-size"));
        Assert.That(File.Exists(folder["p.safetensors"]), Is.False);
    }

    [Test]
    public void A_result_never_takes_a_devices_or_a_folders_place()
    {
        foreach (var place in (string[])["/dev/full", folder.Path])
            Assert.That(Cli.Refuse("predict", folder["run"], folder["t.safetensors"], "--out", place, "--device", "cpu"), Does.Contain(place));
    }

    private void Train(int channels, int testImages)
    {
        var writer = new SafeTensorsWriter();
        writer.Add("images", [2, channels, 8, 8], [.. Enumerable.Range(0, 2 * channels * 64).Select(i => (byte)(i * 37))]);
        writer.Add("labels", [2], new long[] { 0, 1 });
        writer.Add("test_images", [testImages, channels, 8, 8], new byte[testImages * channels * 64]);
        writer.Add("test_labels", [testImages], new long[testImages]);
        writer.Write(folder["t.safetensors"]);
        Cli.Succeed("tensors:" + folder["t.safetensors"], "lpc-narrow", "--preset", "quick", "--width", "2", "--epochs", "1", "--no-evaluate", "--device", "cpu", "--out", folder["run"]);
    }

    private static void SavePng(string path, SKColor colour)
    {
        using var bitmap = new SKBitmap(20, 12);
        bitmap.Erase(colour);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, data.ToArray());
    }
}

using System.Text.Json.Nodes;
using LpcEngine.Experiments.Data;
using LpcEngine.Tests.Support;
using SkiaSharp;

namespace LpcEngine.Tests.Experiments;

/// <summary>From folders of image files to the names of the classes: train, check, evaluate, predict.</summary>
public sealed class OwnImages
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder()
    {
        folder = new TemporaryFolder();
        ImageTree.AddRedAndBlue(folder, train: 8, test: 4);
    }

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    private string Data => "folder:" + folder["data"];

    private void Train(params string[] more) =>
        Cli.Succeed([Data, "lpc-narrow", "--preset", "quick", "--width", "4", "--epochs", "40", "--eval-every", "40", "--batch", "8", "--device", "cpu", "--deepfool-images", "0", "--pgd-images", "0", "--out", folder["run"], .. more]);

    [Test]
    public void A_network_of_own_images_names_its_classes_from_the_run_and_from_the_model_file_alone()
    {
        Train();
        var summary = JsonNode.Parse(File.ReadAllText(folder["run/summary.json"]))!;
        Assert.That((double)summary["test_accuracy"]!, Is.EqualTo(1), "red and blue can be told apart");
        Assert.That(JsonNode.Parse(File.ReadAllText(folder["run/config.json"]))!["class_names"]!.AsArray().Select(name => (string)name!), Is.EqualTo(new[] { "blue", "red" }));
        foreach (var (file, key) in ((string, string)[])[("model.safetensors", "lpc.config"), ("checkpoint.safetensors", "lpc.config")])
        {
            using var opened = SafeTensorsFile.Open(folder["run/" + file]);
            Assert.That(opened.Metadata[key], Does.Contain("\"class_names\":[\"blue\",\"red\"]"));
        }
        File.WriteAllBytes(folder["a.png"], ImageTree.Png(50, 90, 41, SKColors.Red));
        File.WriteAllBytes(folder["b.jpg"], ImageTree.Jpeg(51, 33, 70, SKColors.Blue));
        File.Copy(folder["run/model.safetensors"], folder["alone.safetensors"]);
        foreach (var model in (string[])[folder["run"], folder["alone.safetensors"]])
        {
            var lines = Cli.Succeed("predict", model, folder["a.png"], folder["b.jpg"], "--device", "cpu").Trim().Split('\n');
            Assert.That(lines[0], Does.StartWith(folder["a.png"] + ": red 0.").Or.StartWith(folder["a.png"] + ": red 1.000"));
            Assert.That(lines[1], Does.StartWith(folder["b.jpg"] + ": blue "));
        }
    }

    [Test]
    public void Odd_names_of_classes_are_kept_and_cannot_steer_a_terminal()
    {
        string[] names = ["a, b [red]", "it's \"c\"", "\u001b[2Jd\nd", "ä 😀"];
        foreach (var name in names) ImageTree.Add(folder, $"odd/train/{name}/x.png", ImageTree.Png(name.Length));
        Cli.Succeed("folder:" + folder["odd"], "lpc-narrow", "--preset", "quick", "--width", "1", "--epochs", "1", "--no-evaluate", "--device", "cpu", "--out", folder["run"]);
        var kept = JsonNode.Parse(File.ReadAllText(folder["run/config.json"]))!["class_names"]!.AsArray().Select(name => (string)name!);
        Assert.That(kept, Is.EqualTo(names.Order(CodePointOrder.Instance)));
        foreach (var said in (string[])[Cli.Succeed("predict", folder["run"], folder[$"odd/train/{names[0]}/x.png"], "--device", "cpu"), Cli.Succeed("data", "check", "folder:" + folder["odd"])])
            Assert.That(said.Replace("\n", "").Any(char.IsControl), Is.False, said);
        File.WriteAllText(folder[$"odd/train/{names[2]}/y.png"], "text");
        Assert.That(Cli.Refuse("folder:" + folder["odd"], "lpc-narrow", "--out", folder["run2"], "--device", "cpu").Any(char.IsControl), Is.False);
    }

    [Test]
    public void The_names_of_CIFARs_classes_go_with_the_model_as_well()
    {
        FakeData.Unpack(FakeData.Cifar10(2), folder.Path);
        Cli.Succeed("cifar10", "lpc-narrow", "--preset", "quick", "--width", "1", "--epochs", "1", "--no-evaluate", "--device", "cpu", "--data-dir", folder.Path, "--out", folder["run"]);
        Assert.That(Cli.Succeed("predict", folder["run/model.safetensors"], folder["data/test/red/0.png"], "--device", "cpu"), Does.Match(@"0\.png: a\d [01]\.\d{3}, a\d [01]\.\d{3}, a\d [01]\.\d{3}"));
    }

    [Test]
    public void Predicting_the_files_one_by_one_is_predicting_the_folder()
    {
        Train("--image-size", "12");
        Cli.Succeed("predict", folder["run"], Data, "--split", "test", "--out", folder["set.safetensors"], "--device", "cpu");
        Cli.Succeed(["predict", folder["run"], .. ImageFolder.Classes(folder["data/test"]).SelectMany(c => c.Files), "--out", folder["files.safetensors"], "--device", "cpu"]);
        using SafeTensorsFile set = SafeTensorsFile.Open(folder["set.safetensors"]), files = SafeTensorsFile.Open(folder["files.safetensors"]);
        foreach (var name in (string[])["logits", "latents", "features"]) Assert.That(files.ReadFloats(name), Is.EqualTo(set.ReadFloats(name)), name);
        Assert.That(set.ReadInts64("labels"), Is.EqualTo(new long[] { 0, 0, 0, 0, 1, 1, 1, 1 }));
        var line = Cli.Succeed("predict", folder["run"], folder["data/test/red/0.png"], "--device", "cpu");
        var logits = set.ReadFloats("logits")[8..10];
        var probability = 1 / (1 + Math.Exp(logits[0] - logits[1]));
        Assert.That(line, Does.Contain(FormattableString.Invariant($"red {probability:0.000}")));
    }

    [Test]
    public void A_check_tells_counts_sizes_and_statistics_and_names_every_unreadable_file()
    {
        ImageTree.Add(folder, "data/train/red/wide.png", ImageTree.Png(7, 100, 9));
        File.WriteAllText(folder["data/train/red/Thumbs.db"], "");
        var text = Cli.Succeed("data", "check", Data);
        Assert.That(text, Does.Contain("sound").And.Contain("blue 8, red 9").And.Contain("4 of each class").And.Contain("25 of 2 sizes").And.Contain("20×14 (24)").And.Contain("20 to 100 pixels wide")
            .And.Contain("channel means").And.Contain("Thumbs.db"));
        File.WriteAllText(folder["data/train/red/3.png"], "text");
        File.WriteAllBytes(folder["data/test/blue/1.jpg"], ImageTree.Jpeg(3)[..200]);
        var (code, output, error) = Cli.Run("data", "check", Data);
        Assert.That((code, error.Trim().Split('\n').Length), Is.EqualTo((2, 1)), error);
        Assert.That(error, Does.Contain("2 image files cannot be read"));
        Assert.That(output, Does.Contain(folder["data/train/red/3.png"]).And.Contain(folder["data/test/blue/1.jpg"]).And.Contain("16 images of 32×32×3, 8 of each class"));
    }

    [Test]
    public void A_run_is_evaluated_on_its_own_folder_and_on_another_with_the_same_classes_alone()
    {
        Train();
        ImageTree.AddRedAndBlue(folder, "other", train: 2, test: 3);
        Cli.Succeed("evaluate", folder["run"], "--device", "cpu");
        Cli.Succeed("evaluate", folder["run"], "--dataset", "folder:" + folder["other"], "--device", "cpu");
        Assert.That((double)JsonNode.Parse(File.ReadAllText(folder["run/evaluation-folder-other.json"]))!["test_accuracy"]!, Is.EqualTo(1));
        foreach (var split in (string[])["train", "test"]) Directory.Move(folder[$"other/{split}/blue"], folder[$"other/{split}/violet"]);
        Assert.That(Cli.Refuse("evaluate", folder["run"], "--dataset", "folder:" + folder["other"], "--device", "cpu"), Does.Contain("number 0 is red").And.Contain("blue"));
    }

    [Test]
    public void A_run_goes_on_with_its_folder_and_refuses_one_whose_images_have_changed()
    {
        string[] command = [Data, "lpc-narrow", "--preset", "quick", "--width", "2", "--epochs", "2", "--batch", "8", "--no-evaluate", "--device", "cpu", "--out", folder["run"]];
        Cli.Succeed([.. command, "--steps", "2"]);
        Cli.Succeed(command);
        File.WriteAllBytes(folder["data/train/red/0.png"], ImageTree.Png(99));
        Assert.That(Cli.Refuse(command), Does.Contain("content of the data set"));
    }

    [Test]
    public void The_default_run_folder_is_named_after_the_folder_and_mistakes_leave_none()
    {
        Assert.That(LpcEngine.Experiments.Training.RunName.DataSetName("folder:some/where/pets/"), Is.EqualTo("folder-pets"));
        Directory.CreateDirectory(folder["data/train/empty"]);
        Assert.That(Cli.Refuse(Data, "lpc-narrow", "--out", folder["run"], "--device", "cpu"), Does.Contain("empty class"));
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }

    [Test]
    public void Mistakes_about_image_files_are_one_line_each()
    {
        Train();
        Assert.That(Cli.Refuse("predict", folder["run"], folder["data/test"], "--device", "cpu"), Does.Contain("is a folder"));
        Assert.That(Cli.Refuse("predict", folder["run"], folder["missing.png"], "--device", "cpu"), Does.Contain("There is no image"));
        File.WriteAllText(folder["text.png"], "text");
        Assert.That(Cli.Refuse("predict", folder["run"], folder["data/test/red/0.png"], folder["text.png"], "--device", "cpu"), Does.Contain("text.png"));
    }
}

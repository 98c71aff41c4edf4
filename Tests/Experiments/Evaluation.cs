using System.Text.Json.Nodes;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Tests.Experiments;

/// <summary>evaluate: the same numbers from the weights, what a run lacks, and other data.</summary>
public sealed class Evaluation
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    private string[] Train(params string[] more) =>
        ["synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "4", "--test-size", "3", "--width", "2", "--epochs", "3", "--augment", "standard", "--device", "cpu",
            "--out", folder["run"], .. more];

    private string[] Evaluate(params string[] more) => ["evaluate", folder["run"], "--device", "cpu", .. more];

    private string Summary => File.ReadAllText(folder["run/summary.json"]);

    [TestCase]
    [TestCase("--validation-size", "2")]
    [TestCase("--steps", "2")]
    public void Right_after_training_it_finds_the_same_to_the_bit(params string[] more)
    {
        Cli.Succeed(Train([.. more, "--deepfool-images", "7", "--pgd-images", "6"]));
        var before = Summary;
        var metrics = File.ReadAllText(folder["run/metrics.jsonl"]);
        var output = Cli.Succeed(Evaluate("--json"));
        Assert.That(Summary, Is.EqualTo(before));
        Assert.That(File.ReadAllText(folder["run/metrics.jsonl"]), Is.EqualTo(metrics));
        Assert.That(output, Does.Contain("class separation ratio").And.Contain("summary.json"));
        Assert.That(JsonNode.DeepEquals(JsonNode.Parse(output.TrimEnd().Split('\n')[^1]), JsonNode.Parse(before)));
        Assert.That(Cli.Succeed(Train([.. more, "--deepfool-images", "7", "--pgd-images", "6"])), Does.Contain("finished"));
    }

    [Test]
    public void What_a_run_lacks_is_added_and_what_is_not_measured_stays()
    {
        Cli.Succeed(Train("--deepfool-images", "5"));
        var whole = Summary;
        var summary = JsonNode.Parse(whole)!.AsObject();
        // As an older version would have left it.
        summary["test"]!.AsObject().Remove("nc1");
        summary["train"]!.AsObject()["of_old"] = 1;
        summary["remark"] = "mine";
        File.WriteAllText(folder["run/summary.json"], summary.ToJsonString());
        Cli.Succeed(Evaluate("--deepfool-images", "0", "--pgd-images", "0"));
        var now = JsonNode.Parse(Summary)!.AsObject();
        Assert.That((string?)now["remark"], Is.EqualTo("mine"));
        Assert.That(now["train"]!.AsObject().ContainsKey("of_old"), Is.False, "a measurement that there's no more");
        Assert.That(now.Remove("remark"));
        Assert.That(JsonNode.DeepEquals(now, JsonNode.Parse(whole)), now.ToJsonString() + whole);
    }

    [Test]
    public void A_run_without_evaluation_gets_all_keys()
    {
        Cli.Succeed(Train("--no-evaluate"));
        Assert.That(JsonNode.Parse(Summary)!["test_accuracy"], Is.Null);
        var seconds = (double)JsonNode.Parse(Summary)!["seconds"]!;
        Cli.Succeed(Evaluate());
        var summary = JsonNode.Parse(Summary)!;
        Assert.That((double?)summary["test_accuracy"], Is.InRange(0.0, 1.0));
        Assert.That((int?)summary["test"]!["deepfool_images"], Is.EqualTo(30), "all there are of the preset's hundred");
        Assert.That((double)summary["seconds"]!, Is.EqualTo(seconds));
        Assert.That((int)summary["steps"]!, Is.EqualTo(6));
    }

    [Test]
    public void From_the_model_alone_the_earlier_summary_says_how_far_the_run_went()
    {
        Cli.Succeed(Train("--deepfool-images", "0"));
        var before = JsonNode.Parse(Summary);
        File.Delete(folder["run/checkpoint.safetensors"]);
        Cli.Succeed(Evaluate());
        Assert.That(JsonNode.DeepEquals(JsonNode.Parse(Summary), before));
    }

    [Test]
    public void Augmented_images_of_the_training_set_are_measured_when_asked_for()
    {
        Cli.Succeed(Train("--deepfool-images", "0"));
        var before = JsonNode.Parse(Summary)!.AsObject();
        Cli.Succeed(Evaluate("--augmented"));
        var now = JsonNode.Parse(Summary)!.AsObject();
        var augmented = now["train_augmented"]!.AsObject();
        Assert.That((double?)augmented["accuracy"], Is.InRange(0.0, 1.0));
        Assert.That((double)augmented["loss"]!, Is.Not.EqualTo((double)before["train"]!["mean_norm"]!));
        Assert.That((double)augmented["mean_norm"]!, Is.Not.EqualTo((double)before["train"]!["mean_norm"]!), "other images");
        Cli.Succeed(Evaluate());
        Assert.That(JsonNode.DeepEquals(JsonNode.Parse(Summary)!["train_augmented"], augmented), "stays");
        now.Remove("train_augmented");
        Assert.That(JsonNode.DeepEquals(now, before));
    }

    [Test]
    public void Another_data_set_is_normalised_as_the_runs_own_and_written_beside_its_summary()
    {
        Cli.Succeed(Train("--deepfool-images", "5"));
        var before = Summary;
        // The run's own images under another name: the same numbers, if they are normalised with the run's statistics. Its training images here are brighter ones.
        var own = LpcEngine.Experiments.Data.DataSets.Load("synthetic10", new() { TrainPerClass = 4, TestPerClass = 3 });
        WriteTensors("other.safetensors", [.. own.Train.Bytes!.Select(value => (byte)Math.Min(255, value + 40))], own.Train.Labels, own.Test!.Bytes!, own.Test.Labels);
        var output = Cli.Succeed(Evaluate("--dataset", "tensors:" + folder["other.safetensors"]));
        Assert.That(output, Does.Contain("evaluation-tensors-other.json"));
        Assert.That(Summary, Is.EqualTo(before));
        var other = JsonNode.Parse(File.ReadAllText(folder["run/evaluation-tensors-other.json"]))!;
        Assert.That((string)other["trained_on"]!, Is.EqualTo("synthetic10"));
        Assert.That(JsonNode.DeepEquals(other["test"], JsonNode.Parse(before)!["test"]), other["test"] + before);
        Assert.That((double)other["train"]!["mean_norm"]!, Is.Not.EqualTo((double)JsonNode.Parse(before)!["train"]!["mean_norm"]!));
    }

    [Test]
    public void Data_that_do_not_fit_are_refused()
    {
        Cli.Succeed(Train("--no-evaluate"));
        var before = Summary;
        Assert.That(Cli.Refuse(Evaluate("--dataset", "synthetic100")), Does.Contain("100 classes").And.Contain("10"));
        WriteTensors("small.safetensors", new byte[3 * 64 * 2], [0, 9], null, null, side: 8);
        Assert.That(Cli.Refuse(Evaluate("--dataset", "tensors:" + folder["small.safetensors"])), Does.Contain("8×8×3").And.Contain("32×32×3"));
        WriteTensors("many.safetensors", new byte[3 * 1024 * 2], [0, 10], null, null);
        Assert.That(Cli.Refuse(Evaluate("--dataset", "tensors:" + folder["many.safetensors"])), Does.Contain("10"));
        WriteTensors("untested.safetensors", new byte[3 * 1024 * 2], [0, 9], null, null);
        Assert.That(Cli.Refuse(Evaluate("--dataset", "tensors:" + folder["untested.safetensors"], "--deepfool-images", "3")), Does.Contain("no test images"));
        Assert.That(Cli.Refuse(Evaluate("--dataset", "cifar11")), Does.Contain("cifar11"));
        Assert.That(Cli.Refuse(Evaluate("--deepfool-images", "-1")), Does.Contain("--deepfool-images"));
        Assert.That(Cli.Refuse("evaluate", folder["run"], "--device", "tpu"), Does.Contain("tpu"));
        Assert.That(Summary, Is.EqualTo(before));
    }

    [Test]
    public void Other_images_under_the_runs_own_name_are_refused()
    {
        WriteTensors("own.safetensors", [.. Enumerable.Range(0, 3 * 1024 * 4).Select(i => (byte)i)], [0, 1, 0, 1], null, null);
        Cli.Succeed("tensors:" + folder["own.safetensors"], "nopen", "--preset", "quick", "--width", "2", "--epochs", "1", "--device", "cpu", "--out", folder["run"]);
        Cli.Succeed(Evaluate());
        WriteTensors("own.safetensors", [.. Enumerable.Range(0, 3 * 1024 * 4).Select(i => (byte)(i + 1))], [0, 1, 0, 1], null, null);
        Assert.That(Cli.Refuse(Evaluate()), Does.Contain("other images"));
    }

    [Test]
    public void A_folder_without_a_network_a_broken_one_and_one_in_use_are_refused()
    {
        Assert.That(Cli.Refuse(Evaluate()), Does.Contain("no folder").And.Contain(folder["run"]));
        Directory.CreateDirectory(folder["run"]);
        Assert.That(Cli.Refuse(Evaluate()), Does.Contain("checkpoint.safetensors"));
        Assert.That(Directory.GetFileSystemEntries(folder["run"]), Is.Empty, "nothing half-written");
        Cli.Succeed(Train("--no-evaluate"));
        using (RunFolder.Open(folder["run"])) Assert.That(Cli.Refuse(Evaluate()), Does.Contain($"in use by process {Environment.ProcessId}"));

        var config = File.ReadAllText(folder["run/config.json"]);
        File.WriteAllText(folder["run/config.json"], config.Replace("\"train_size\": 4", "\"train_size\": \"four\""));
        Assert.That(Cli.Refuse(Evaluate()), Does.Contain("train_size"));
        File.Delete(folder["run/config.json"]);
        Assert.That(Cli.Refuse(Evaluate()), Does.Contain("config.json"));
        File.WriteAllText(folder["run/config.json"], config);
        var bytes = File.ReadAllBytes(folder["run/checkpoint.safetensors"]);
        File.WriteAllBytes(folder["run/checkpoint.safetensors"], bytes[..(bytes.Length / 2)]);
        Assert.That(Cli.Refuse(Evaluate()), Does.Contain("checkpoint.safetensors"));
        File.WriteAllBytes(folder["run/checkpoint.safetensors"], bytes);
        Cli.Succeed(Evaluate());
    }

    [Test]
    public void A_run_that_is_not_finished_is_measured_and_not_made_to_look_finished()
    {
        Cli.Succeed(Train("--steps", "2", "--no-evaluate"));
        File.Delete(folder["run/summary.json"]);
        Assert.That(Cli.Succeed(Evaluate("--deepfool-images", "0")), Does.Contain("evaluation-synthetic10.json"));
        Assert.That(File.Exists(folder["run/summary.json"]), Is.False);
        Assert.That(JsonNode.Parse(File.ReadAllText(folder["run/evaluation-synthetic10.json"]))!["test_accuracy"], Is.Not.Null);
        Cli.Succeed(Train());
        Assert.That((int)JsonNode.Parse(Summary)!["epochs"]!, Is.EqualTo(3));
    }

    [Test]
    public void A_signal_ends_it_and_nothing_is_changed()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("needs signals");
        Cli.Succeed("synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "3", "--test-size", "60", "--width", "8", "--epochs", "1", "--device", "cpu", "--out", folder["run"], "--no-evaluate");
        var before = Summary;
        using var process = Subprocess.Start([], Evaluate("--deepfool-images", "600", "--threads", "1"));
        string? line;
        do line = process.StandardOutput.ReadLine();
        while (line is not null && !line.StartsWith("DeepFool:", StringComparison.Ordinal));
        Subprocess.Signal(process, "INT");
        var (code, output, error) = Subprocess.End(process);
        Assert.That(code, Is.EqualTo(130), output + error);
        Assert.That(output, Does.Contain("nothing was changed"));
        Assert.That(Summary, Is.EqualTo(before));
    }

    // Images of bytes in PyTorch's order, from ours.
    private void WriteTensors(string name, byte[] images, int[] labels, byte[]? testImages, int[]? testLabels, int side = 32)
    {
        var writer = new SafeTensorsWriter();
        Add("images", "labels", images, labels);
        if (testImages is not null) Add("test_images", "test_labels", testImages, testLabels!);
        writer.Write(folder[name]);

        void Add(string imagesName, string labelsName, byte[] pixels, int[] classes)
        {
            writer.Add(imagesName, [classes.Length, 3, side, side], AxisOrder.Permute(pixels, new Shape(classes.Length, side, side, 3), (int[])[0, 3, 1, 2]));
            writer.Add(labelsName, [classes.Length], Array.ConvertAll(classes, label => (long)label));
        }
    }
}

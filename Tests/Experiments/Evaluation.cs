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
        Cli.Succeed(Train("--deepfool-images", "5", "--pgd-images", "6"));
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
        Cli.Succeed(Train("--deepfool-images", "0", "--pgd-images", "6"));
        var before = JsonNode.Parse(Summary);
        File.Delete(folder["run/checkpoint.safetensors"]);
        Cli.Succeed(Evaluate());
        Assert.That(JsonNode.DeepEquals(JsonNode.Parse(Summary), before));
    }

    [Test]
    public void Augmented_images_of_the_training_set_are_measured_when_asked_for()
    {
        Cli.Succeed(Train("--deepfool-images", "0", "--pgd-images", "0"));
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
        Cli.Succeed(Train("--deepfool-images", "5", "--pgd-images", "6"));
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
    public void Files_of_one_name_have_evaluations_of_their_own_and_each_says_where_its_images_came_from()
    {
        Cli.Succeed(Train("--no-evaluate"));
        folder.Folder("a");
        folder.Folder("b");
        string[] files = [folder["a/x.safetensors"], folder["b/x.safetensors"]];
        for (var i = 0; i < 2; i++) WriteTensors($"{"ab"[i]}/x.safetensors", [.. Enumerable.Range(0, 3 * 1024 * 2).Select(at => (byte)(at * (i + 7)))], [0, 9], null, null);
        foreach (var file in (string[])[files[0], files[1], files[0], Path.Combine(folder.Path, "a/../b/x.safetensors"), files[1]]) Cli.Succeed(Evaluate("--dataset", "tensors:" + file));
        var written = Directory.GetFiles(folder["run"], "evaluation-*.json").Select(path => (Name: Path.GetFileName(path), Json: JsonNode.Parse(File.ReadAllText(path))!)).OrderBy(file => file.Name.Length).ToArray();
        Assert.That(written.Select(file => (string)file.Json["source"]!), Is.EqualTo(files));
        Assert.That(written[0].Name, Is.EqualTo("evaluation-tensors-x.json"));
        Assert.That(written[1].Name, Does.Match("^evaluation-tensors-x-[0-9a-f]{8}\\.json$"));
        Assert.That(written.Select(file => (string)file.Json["data_digest"]!), Is.Unique);
        // As an older version left it, for all that is known of another file.
        written[0].Json.AsObject().Remove("source");
        File.WriteAllText(folder["run/evaluation-tensors-x.json"], written[0].Json.ToJsonString());
        Cli.Succeed(Evaluate("--dataset", "tensors:" + files[1]));
        Assert.That(JsonNode.Parse(File.ReadAllText(folder["run/evaluation-tensors-x.json"]))!.AsObject().ContainsKey("source"), Is.False);
        File.WriteAllText(folder["run/evaluation-tensors-x.json"], "no JSON");
        Assert.That(Cli.Refuse(Evaluate("--dataset", "tensors:" + files[0])), Does.Contain("evaluation-tensors-x.json"));
    }

    [Test]
    public void An_attack_on_other_data_that_is_not_made_again_stays_as_long_as_images_and_weights_are_the_same()
    {
        Cli.Succeed(Train("--no-evaluate"));
        var own = LpcEngine.Experiments.Data.DataSets.Load("synthetic10", new() { TrainPerClass = 4, TestPerClass = 3 });
        Write(0);
        JsonNode First() => JsonNode.Parse(File.ReadAllText(folder["run/evaluation-tensors-other.json"]))!;
        string[] command = Evaluate("--dataset", "tensors:" + folder["other.safetensors"]), unattacked = [.. command, "--deepfool-images", "0", "--pgd-images", "0"];
        Cli.Succeed([.. command, "--deepfool-images", "4", "--pgd-images", "3", "--pgd-steps", "2"]);
        var whole = First();
        Cli.Succeed(unattacked);
        Assert.That(JsonNode.DeepEquals(First(), whole), First().ToJsonString());
        Write(1);
        Cli.Succeed(unattacked);
        Assert.That(First()["test"]!["deepfool_images"], Is.Null, "other images under the same name");
        Cli.Succeed([.. command, "--deepfool-images", "4", "--pgd-images", "0"]);
        Assert.That((int)First()["test"]!["deepfool_images"]!, Is.EqualTo(4));
        Directory.Delete(folder["run"], recursive: true);
        Cli.Succeed(Train("--no-evaluate", "--seed", "2"));
        File.WriteAllText(folder["run/evaluation-tensors-other.json"], whole.ToJsonString());
        Write(0);
        Cli.Succeed(unattacked);
        Assert.That(First()["test"]!["deepfool_images"], Is.Null, "other weights");

        void Write(int change) => WriteTensors("other.safetensors", own.Train.Bytes!, own.Train.Labels, [.. own.Test!.Bytes!.Select(value => (byte)(value ^ change))], own.Test.Labels);
    }

    [Test]
    public void PGD_made_again_without_DeepFool_keeps_what_it_found_within_DeepFools_distance_where_it_would_find_it_again()
    {
        Cli.Succeed(Train("--deepfool-images", "20", "--pgd-images", "20", "--pgd-steps", "2", "--pgd-restarts", "1"));
        var before = Summary;
        var masking = JsonNode.Parse(before)!["test"]!["masking"]!;
        Assert.That(masking["pgd_below_deepfool"], Is.Not.Null, "the test needs an image that DeepFool fools");
        Cli.Succeed(Evaluate("--deepfool-images", "0"));
        Assert.That(JsonNode.DeepEquals(JsonNode.Parse(Summary), JsonNode.Parse(before)), Summary + before);
        Cli.Succeed(Evaluate("--deepfool-images", "0", "--pgd-restarts", "2", "--pgd-l2", "0.3"));
        Assert.That(Masking("pgd_below_deepfool"), Is.EqualTo((double?)masking["pgd_below_deepfool"]), "starts and radii have no part in it");
        Assert.That(Masking("pgd_half_deepfool"), Is.EqualTo((double?)masking["pgd_half_deepfool"]));
        Assert.That(JsonNode.Parse(Summary)!["test"]!["pgd"]!["restarts"]!.GetValue<int>(), Is.EqualTo(2));
        Cli.Succeed(Evaluate("--deepfool-images", "0", "--pgd-steps", "3"));
        Assert.That(Masking("pgd_below_deepfool"), Is.Null, "of another PGD");
        Assert.That(JsonNode.Parse(Summary)!["test"]!["deepfool_images"]!.GetValue<int>(), Is.EqualTo(20));

        double? Masking(string key) => (double?)JsonNode.Parse(Summary)!["test"]!["masking"]![key];
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
        Cli.Succeed(Evaluate("--deepfool-images", "0", "--pgd-images", "0"));
    }

    [Test]
    public void A_run_that_is_not_finished_is_measured_and_not_made_to_look_finished()
    {
        Cli.Succeed(Train("--steps", "2", "--no-evaluate"));
        File.Delete(folder["run/summary.json"]);
        Assert.That(Cli.Succeed(Evaluate("--deepfool-images", "0", "--pgd-images", "0")), Does.Contain("evaluation-synthetic10.json"));
        Assert.That(File.Exists(folder["run/summary.json"]), Is.False);
        Assert.That(JsonNode.Parse(File.ReadAllText(folder["run/evaluation-synthetic10.json"]))!["test_accuracy"], Is.Not.Null);
        Cli.Succeed(Train("--deepfool-images", "0", "--pgd-images", "0"));
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

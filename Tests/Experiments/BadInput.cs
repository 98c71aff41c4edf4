using LpcEngine.Models;

namespace LpcEngine.Tests.Experiments;

/// <summary>The user's mistakes: one clear line on standard error, exit code 2, nothing half-written.</summary>
public sealed class BadInput
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    private string[] Tiny(params string[] more) =>
        ["synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "2", "--test-size", "1", "--epochs", "1", "--batch", "10", "--out", folder["run"], "--device", "cpu", .. more];

    [Test]
    public void An_unknown_data_set_is_named_and_the_known_ones_listed() =>
        Assert.That(Cli.Refuse("cifar99", "lpc", "--out", folder["run"]), Does.Contain("cifar99").And.Contain("cifar100"));

    [Test]
    public void An_unknown_variant_is_named_and_the_known_ones_listed() =>
        Assert.That(Cli.Refuse("synthetic10", "lpx", "--out", folder["run"]), Does.Contain("lpx").And.Contain("lpc-narrow"));

    [Test]
    public void An_unknown_flag_is_named() => Assert.That(Cli.Refuse(Tiny("--widht", "3")), Does.Contain("--widht"));

    [Test]
    public void An_unknown_device_is_named() => Assert.That(Cli.Refuse("synthetic10", "lpc", "--device", "tpu", "--out", folder["run"]), Does.Contain("tpu").And.Contain("opencl"));

    [Test]
    public void An_unknown_preset_and_an_unknown_backbone_are_named()
    {
        Assert.That(Cli.Refuse("synthetic10", "lpc", "--preset", "fast", "--out", folder["run"]), Does.Contain("fast").And.Contain("quick"));
        Assert.That(Cli.Refuse(Tiny("--backbone", "vgg16")), Does.Contain("vgg16").And.Contain("resnet18"));
        Assert.That(Directory.Exists(folder["run"]), Is.False, "nothing half-written");
    }

    [Test]
    public void Gamma_starts_below_the_turn_of_its_growth() => Assert.That(
        Cli.Refuse("synthetic10", "lpc", "--preset", "head2025", "--gamma-start", "5000", "--out", folder["run"]), Does.Contain("--gamma-start 5000").And.Contain("1000"));

    [TestCase("--epochs", "0")]
    [TestCase("--epochs", "-3")]
    [TestCase("--batch", "0")]
    [TestCase("--width", "-1")]
    [TestCase("--penultimate", "0")]
    [TestCase("--train-size", "0")]
    [TestCase("--test-size", "-2")]
    [TestCase("--lr", "0")]
    [TestCase("--lr", "-0.1")]
    [TestCase("--lr", "NaN")]
    [TestCase("--weight-decay", "-1")]
    [TestCase("--gamma-start", "-1")]
    [TestCase("--gamma-factor", "0")]
    [TestCase("--gamma-max", "-1")]
    [TestCase("--steps", "0")]
    [TestCase("--threads", "0")]
    [TestCase("--threads", "100000")]
    [TestCase("--threads", "many")]
    [TestCase("--eval-every", "0")]
    [TestCase("--checkpoint-every", "-1")]
    [TestCase("--lr-hold", "-1")]
    [TestCase("--lr-every", "0")]
    [TestCase("--lr-factor", "0")]
    [TestCase("--gamma-hold", "0")]
    [TestCase("--width", "wide")]
    [TestCase("--augment", "some")]
    [TestCase("--shuffle", "yes")]
    [TestCase("--precision", "fp8")]
    [TestCase("--precision", "0")]
    [TestCase("--lr", "0,001")]
    [TestCase("--lr", "1,000")]
    [TestCase("--batch", "99999999999")]
    [TestCase("--classes", "2000000000")]
    [TestCase("--out", "")]
    [TestCase("--init", "")]
    [TestCase("--data-dir", "")]
    public void A_value_out_of_range_is_refused_with_its_flag(string flag, string value)
    {
        string[] arguments = ["synthetic10", "lpc-narrow", "--preset", "quick", "--out", folder["run"], "--device", "cpu", flag, value];
        Assert.That(Cli.Refuse(arguments), Does.Contain(flag));
        Assert.That(Directory.Exists(folder["run"]), Is.False, "nothing half-written");
    }

    [TestCase("--width", "9000")]
    [TestCase("--width", "20000")]
    [TestCase("--width", "2000000000")]
    [TestCase("--width", "1000", "mlp")]
    [TestCase("--penultimate", "200000000")]
    [TestCase("--penultimate", "2147483647")]
    public void A_network_that_fits_nowhere_is_refused_before_it_is_made(string flag, string value, string backbone = "resnet18")
    {
        string[] arguments = ["synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "2", "--test-size", "1", "--out", folder["run"], "--device", "cpu", "--backbone", backbone];
        var native = NativeMemory64.LiveBytes;
        Assert.That(Cli.Refuse([.. arguments, flag, value]), Does.Contain(flag).And.Contain(value));
        Assert.That(Directory.Exists(folder["run"]), Is.False, "nothing half-written");
        Assert.That(NativeMemory64.LiveBytes, Is.EqualTo(native));
    }

    [Test]
    public void A_batch_larger_than_the_data_is_the_data() => 
        Assert.That(Cli.Succeed("synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "2", "--width", "2", "--epochs", "1", "--batch", "2147483647", "--no-evaluate",
            "--out", folder["run"], "--device", "cpu"), Does.Contain("1 step of 20 images"));

    [Test]
    public void A_penultimate_width_is_refused_where_there_is_no_layer()
    {
        string[] arguments = ["synthetic10", "nopen", "--preset", "quick", "--out", folder["run"], "--device", "cpu", "--penultimate"];
        Assert.That(Cli.Refuse([.. arguments, "-5"]), Does.Contain("--penultimate -5").And.Contain("at least 1"));
        Assert.That(Cli.Refuse([.. arguments, "5"]), Does.Contain("--penultimate 5").And.Contain("nopen"));
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }

    [Test]
    public void So_many_classes_that_their_names_would_fill_the_memory_are_refused()
    {
        var writer = new SafeTensorsWriter();
        writer.Add("images", [2, 3, 8, 8], new float[2 * 3 * 64]);
        writer.Add("labels", [2], new long[] { 0, 1 });
        writer.Write(folder["t.safetensors"]);
        Assert.That(Cli.Refuse("tensors:" + folder["t.safetensors"], "lpc", "--classes", "2000000000", "--out", folder["run"]), Does.Contain("--classes").And.Contain("1000000"));
    }

    [TestCase(0)]
    [TestCase(2)]
    public void Initial_weights_with_a_counter_that_is_no_number_are_refused(int length)
    {
        Cli.Succeed(Tiny("--width", "2", "--no-evaluate"));
        var writer = new SafeTensorsWriter();
        using (var file = SafeTensorsFile.Open(folder["run/model.safetensors"]))
        {
            foreach (var entry in file.Entries.Where(entry => entry.DType == "F32")) writer.Add(entry.Name, [.. entry.Shape], file.ReadFloats(entry.Name));
            foreach (var entry in file.Entries.Where(entry => entry.DType == "I64")) writer.Add(entry.Name, [length], new long[length]);
        }
        writer.Write(folder["init.safetensors"]);
        string[] again = Tiny("--width", "2", "--no-evaluate", "--init", folder["init.safetensors"]);
        Assert.That(Cli.Refuse([.. again.Select(argument => argument == folder["run"] ? folder["other"] : argument)]), Does.Contain("num_batches_tracked").And.Contain($"[{length}]"));
    }

    [Test]
    public void A_precision_without_kernels_names_operation_device_and_precision()
    {
        foreach (var name in BackboneSpec.Names)
        {
            // What the images meet first: filters [R, S, C, K], or a matrix.
            var first = new BackboneSpec(name, 16, 32, 32, 3).Build(Initialiser.Plan(TestDevices.Get("cpu"))).Parameters().First().Tensor.Shape.Rank;
            Assert.That(Cli.Refuse(Tiny("--precision", "bf16", "--backbone", name)), Does.StartWith(first == 4 ? "Conv2d: " : "Linear: ").And.Contain("cpu").And.Contain("bf16"), name);
        }
        Assert.That(Cli.Refuse(Tiny("--precision", "bf16", "--backbone", "mpl")), Does.StartWith("Unknown backbone 'mpl'"), "not what it would compute");
    }

    [Test]
    public void A_gamma_that_would_start_above_its_maximum_is_not_cut_down_in_silence()
    {
        Assert.That(Cli.Refuse(Tiny("--gamma-start", "5", "--gamma-max", "1")), Does.Contain("--gamma-start 5").And.Contain("above 1").And.Contain("--gamma-max"));
        Assert.That(Cli.Refuse(Tiny("--gamma-start", "100")), Does.Contain("--gamma-start 100").And.Contain("above 50"), "the preset's maximum");
    }

    [TestCase("", "fc.bias", "no bias")]
    [TestCase("module.", null, "model.module.state_dict()")]
    public void Weights_as_PyTorch_users_save_them_by_mistake_are_told_how_to_save_them(string prefix, string? more, string advice)
    {
        Cli.Succeed(Tiny("--no-evaluate", "--steps", "1"));
        var writer = new SafeTensorsWriter();
        using (var model = SafeTensorsFile.Open(folder["run/model.safetensors"]))
            foreach (var entry in model.Entries.Where(entry => entry.DType == "F32")) writer.Add(prefix + entry.Name, [.. entry.Shape], model.ReadFloats(entry.Name));
        if (more is not null) writer.Add(more, [10], new float[10]);
        writer.Write(folder["theirs.safetensors"]);
        Directory.Delete(folder["run"], recursive: true);
        Assert.That(Cli.Refuse(Tiny("--init", folder["theirs.safetensors"])), Does.Contain("theirs.safetensors").And.Contain(advice));
    }

    [Test]
    public void A_class_alone_is_no_matter_for_a_classifier()
    {
        var writer = new SafeTensorsWriter();
        writer.Add("images", [2, 3, 8, 8], new float[2 * 3 * 8 * 8]);
        writer.Add("labels", [2], new long[2]);
        writer.Write(folder["one.safetensors"]);
        Assert.That(Cli.Refuse("tensors:" + folder["one.safetensors"], "lpc", "--device", "cpu", "--out", folder["run"]), Does.Contain("at least 2 classes").And.Contain("has 1").And.Contain("data"));
    }

    [Test]
    public void Initial_weights_that_are_no_numbers_are_refused_by_their_names()
    {
        Cli.Succeed(Tiny("--no-evaluate", "--steps", "1"));
        var writer = new SafeTensorsWriter();
        using (var model = SafeTensorsFile.Open(folder["run/model.safetensors"]))
        {
            foreach (var entry in model.Entries.Where(entry => entry.DType == "F32"))
            {
                var values = model.ReadFloats(entry.Name);
                if (entry.Name == "fc.weight") values[3] = float.NaN;
                writer.Add(entry.Name, [.. entry.Shape], values);
            }
        }
        writer.Write(folder["nan.safetensors"]);
        Directory.Delete(folder["run"], recursive: true);
        Assert.That(Cli.Refuse(Tiny("--init", folder["nan.safetensors"])), Does.Contain("nan.safetensors").And.Contain("fc.weight").And.Contain("NaN"));
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }

    [Test]
    public void A_missing_tensor_file_is_named()
    {
        var line = Cli.Refuse("tensors:" + folder["missing.safetensors"], "lpc", "--out", folder["run"]);
        Assert.That(line, Does.Contain("missing.safetensors"));
    }

    [Test]
    public void A_truncated_archive_is_named()
    {
        Directory.CreateDirectory(folder["data"]);
        File.WriteAllBytes(folder["data/cifar-10-binary.tar.gz"], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]);
        Assert.That(Cli.Refuse("cifar10", "lpc", "--data-dir", folder["data"], "--out", folder["run"]), Does.Contain("cifar-10-binary.tar.gz"));
    }

    [Test]
    public void A_corrupt_safetensors_file_is_named()
    {
        File.WriteAllBytes(folder["bad.safetensors"], [255, 255, 255, 255, 255, 255, 255, 127, 1, 2, 3]);
        Assert.That(Cli.Refuse("tensors:" + folder["bad.safetensors"], "lpc", "--out", folder["run"]), Does.Contain("bad.safetensors"));
        Assert.That(Cli.Refuse(Tiny("--init", folder["bad.safetensors"])), Does.Contain("bad.safetensors"));
        Assert.That(Directory.Exists(folder["run"]), Is.False, "nothing half-written");
        Assert.That(Cli.Refuse("predict", folder["bad.safetensors"], folder["bad.safetensors"], "--out", folder["p.safetensors"]), Does.Contain("bad.safetensors"));
    }

    [Test]
    public void A_checkpoint_of_another_architecture_is_refused_and_kept()
    {
        Cli.Succeed(Tiny("--width", "2", "--no-evaluate"));
        var before = File.ReadAllBytes(folder["run/checkpoint.safetensors"]);
        Assert.That(Cli.Refuse(Tiny("--width", "3")), Does.Contain("--out").And.Contain("--width is 2 there and 3 here"));
        Assert.That(Cli.Refuse(Tiny("--width", "2", "--lr", "0.5")), Does.Contain("--lr is 0.001 there and 0.5 here"));
        Assert.That(File.ReadAllBytes(folder["run/checkpoint.safetensors"]), Is.EqualTo(before));
        var line = Cli.Refuse("synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "2", "--width", "4", "--device", "cpu",
            "--init", folder["run/model.safetensors"], "--out", folder["other"]);
        Assert.That(line, Does.Contain("conv1.weight"));
    }

    [Test]
    public void A_last_batch_of_one_image_is_refused_before_the_start_where_a_feature_map_has_one_pixel()
    {
        var images = WriteImages("images.safetensors", 33, seed: 1);
        string[] command = [images, "lpc-narrow", "--preset", "quick", "--width", "2", "--epochs", "1", "--device", "cpu", "--out", folder["run"]];
        Assert.That(Cli.Refuse([.. command, "--batch", "32"]), Does.Contain("--batch 32").And.Contain("33 training images"));
        Assert.That(Cli.Refuse([.. command, "--batch", "1"]), Does.Contain("--batch 1"));
        Assert.That(Directory.Exists(folder["run"]), Is.False, "nothing half-written");
        Cli.Succeed([.. command, "--batch", "31", "--no-evaluate"]);
    }

    [TestCase("1")]
    [TestCase("32")]
    public void A_single_image_whose_feature_map_has_one_pixel_needs_company_and_not_another_batch(string batch)
    {
        string[] Command(string images, string run, params string[] more) =>
            [images, "nopen", "--preset", "quick", "--width", "1", "--classes", "2", "--epochs", "1", "--device", "cpu", "--out", folder[run], .. more];

        var small = WriteImages("small.safetensors", 1, seed: 1);
        Assert.That(Cli.Refuse(Command(small, "run", "--batch", batch)), Does.StartWith("One training image is too few").And.Contain("8×8").And.Contain("more images").And.Not.Contain("--batch"));
        Assert.That(Directory.Exists(folder["run"]), Is.False, "nothing half-written");
        // What the line advises: more images, larger ones, no normalisation.
        Cli.Succeed(Command(WriteImages("two.safetensors", 2, seed: 1), "more"));
        Cli.Succeed(Command(WriteImages("large.safetensors", 1, seed: 1, side: 16), "larger", "--batch", batch));
        Cli.Succeed(Command(small, "mlp", "--backbone", "mlp", "--batch", batch));
    }

    [Test]
    public void Other_images_under_the_same_name_are_another_run()
    {
        var images = WriteImages("images.safetensors", 20, seed: 1);
        string[] command = [images, "lpc-narrow", "--preset", "quick", "--width", "2", "--epochs", "1", "--batch", "10", "--no-evaluate", "--device", "cpu", "--out", folder["run"]];
        Cli.Succeed(command);
        WriteImages("images.safetensors", 20, seed: 2);
        Assert.That(Cli.Refuse(command), Does.Contain("content of the data set"));
    }

    [TestCase("\"mean\":[", "\"mean\":[7,")]
    [TestCase("\"backbone\":\"resnet18\"", "\"backbone\":null")]
    [TestCase("\"image_height\":32", "\"image_height\":0")]
    [TestCase("\"classes\":10", "\"classes\":1000000000")]
    [TestCase("\"class_names\":[", "\"class_names\":[null,")]
    public void A_model_file_whose_description_was_changed_is_refused(string from, string to)
    {
        Cli.Succeed(Tiny("--width", "2", "--no-evaluate"));
        var path = Rewritten(folder["run/model.safetensors"], "lpc.config", from, to);
        Assert.That(Cli.Refuse("predict", path, WriteImages("images.safetensors", 3, seed: 1)["tensors:".Length..], "--out", folder["p.safetensors"]), Does.Contain("damaged"));
    }

    [TestCase("\"step_of_epoch\":0", "\"step_of_epoch\":-3")]
    [TestCase("\"step_of_epoch\":0", "\"step_of_epoch\":99999")]
    [TestCase("\"epoch\":2", "\"epoch\":1000000000")]
    [TestCase("\"steps\":2", "\"steps\":-5")]
    public void A_checkpoint_whose_place_was_changed_is_refused(string from, string to)
    {
        string[] command = ["synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "2", "--test-size", "1", "--epochs", "3", "--batch", "10", "--width", "2", "--out", folder["run"], "--device", "cpu"];
        Cli.Succeed([.. command, "--steps", "2"]);
        File.Move(Rewritten(folder["run/checkpoint.safetensors"], "lpc.state", from, to), folder["run/checkpoint.safetensors"], overwrite: true);
        Assert.That(Cli.Refuse(command), Does.Contain("damaged"));
    }

    // A tensor data set of 8×8 images: the last feature map of a ResNet is 1×1.
    private string WriteImages(string name, int count, int seed, int side = 8)
    {
        var random = new Random(seed);
        var writer = new SafeTensorsWriter();
        writer.Add("images", [count, 3, side, side], Enumerable.Range(0, count * 3 * side * side).Select(_ => (float)random.NextDouble()).ToArray());
        writer.Add("labels", [count], Enumerable.Range(0, count).Select(i => (long)(i % 10)).ToArray());
        writer.Write(folder[name]);
        return "tensors:" + folder[name];
    }

    // A copy of a file with its metadata changed.
    private string Rewritten(string path, string key, string from, string to)
    {
        var copy = folder["rewritten.safetensors"];
        var writer = new SafeTensorsWriter();
        using (var file = SafeTensorsFile.Open(path))
        {
            foreach (var (name, value) in file.Metadata) writer.Metadata[name] = value;
            Assert.That(writer.Metadata[key], Does.Contain(from));
            writer.Metadata[key] = writer.Metadata[key].Replace(from, to);
            foreach (var entry in file.Entries)
                if (entry.DType == "I64") writer.Add(entry.Name, [.. entry.Shape], file.ReadInts64(entry.Name));
                else writer.Add(entry.Name, [.. entry.Shape], file.ReadFloats(entry.Name));
        }
        writer.Write(copy);
        return copy;
    }

    [Test]
    public void An_unwritable_output_folder_is_named()
    {
        File.WriteAllText(folder["file"], "in the way");
        Assert.That(Cli.Refuse("synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "2", "--device", "cpu", "--out", folder["file/run"]), Does.Contain("file"));
    }
}

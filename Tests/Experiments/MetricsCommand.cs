using System.Text.Json.Nodes;

namespace LpcEngine.Tests.Experiments;

/// <summary>The verb metrics: one JSON object for latents of any origin, one line for what cannot be measured.</summary>
public sealed class MetricsCommand
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    private string Latents => folder["l.safetensors"];

    [Test]
    public void It_prints_one_object_with_the_golden_numbers([Values("metrics-spread", "metrics-collapsed")] string golden)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Goldens", golden + ".safetensors");
        var output = Cli.Succeed("metrics", path);
        Assert.That(output.Trim().Split('\n'), Has.Length.EqualTo(1));
        var json = JsonNode.Parse(output)!.AsObject();
        using var file = SafeTensorsFile.Open(path);
        foreach (var entry in file.Entries.Where(entry => entry.Shape.Count == 0))
        {
            var expected = file.ReadDoubles(entry.Name)[0];
            var value = (double)json[entry.Name == "entropy_standardised_per_dim" ? "entropy" : entry.Name]!;
            Assert.That(value, Is.EqualTo(expected).Within(1e-5 * Math.Abs(expected)), entry.Name);
        }
        Assert.That(json["binarity_score"], Is.Not.Null);
        Assert.That(json.ContainsKey("notes"), Is.False, "nothing to note");
        Assert.That(Cli.Succeed("metrics", path, "--threads", "1"), Is.EqualTo(output));
        Assert.That(Cli.Succeed("metrics", path, "--neighbours", "5"), Is.Not.EqualTo(output));
    }

    [Test]
    public void What_does_not_exist_is_null_and_noted()
    {
        Write(w =>
        {
            w.Add("latents", [3, 2], new double[] { 1, 2, 1, 2, 4, 8 });
            w.Add("labels", [3], new int[] { 0, 0, 999_999 });
        });
        var json = JsonNode.Parse(Cli.Succeed("metrics", Latents))!.AsObject();
        Assert.That(json["entropy"], Is.Null);
        Assert.That(json["nc3"], Is.Null);
        Assert.That((double)json["sigma_w_trace"]!, Is.Zero);
        Assert.That(json["notes"]!.AsArray().Select(note => note!.ToString()), Has.Some.Contains("neighbour 20").And.Some.Contains("single sample"));
    }

    [Test]
    public void Latents_that_are_no_numbers_measure_nothing()
    {
        Write(w =>
        {
            w.Add("latents", [2, 2], new float[] { 1, float.NaN, 3, 4 });
            w.Add("labels", [2], new long[] { 0, 1 });
        });
        var json = JsonNode.Parse(Cli.Succeed("metrics", Latents))!.AsObject();
        Assert.That(json.Where(pair => pair.Key != "notes").Select(pair => pair.Value), Has.All.Null);
        Assert.That(json["notes"]!.AsArray().Single()!.ToString(), Does.StartWith("1 of 2 samples hold NaN"));
    }

    [Test]
    public void Mistakes_are_one_line_that_names_the_tensor()
    {
        Assert.That(Cli.Refuse("metrics", folder["none.safetensors"]), Does.Contain("none.safetensors"));
        Refused(w => w.Add("latents", [1, 2], new float[2]), "labels");
        Refused(w => w.Add("labels", [1], new long[1]), "latents");
        Refused(w => Add(w, new long[3], [2, 2]), "labels", "[3]", "[2]");
        Refused(w => Add(w, new long[2], [4]), "latents", "[4]");
        Refused(w => Add(w, [0, -1], [2, 2]), "labels[1] is -1");
        Refused(w =>
        {
            w.Add("latents", [2, 2], new long[4]);
            w.Add("labels", [2], new long[2]);
        }, "latents", "I64", "F32");
        Refused(w =>
        {
            w.Add("latents", [2, 2], new float[4]);
            w.Add("labels", [2], new float[2]);
        }, "labels", "F32", "I64");
        Refused(w =>
        {
            Add(w, [0, 2], [2, 2]);
            w.Add("classifier", [2, 2], new float[4]);
        }, "labels[1] is 2");
        Refused(w =>
        {
            Add(w, [0, 1], [2, 2]);
            w.Add("classifier", [2, 2], new float[] { 1, 2, float.NaN, 4 });
        }, "l.safetensors", "classifier", "NaN", "row 1");
        foreach (var size in (double[])[1e200, 1e-200])
        {
            Refused(w =>
            {
                w.Add("latents", [2, 2], new double[] { size, -size, 0, size });
                w.Add("labels", [2], new long[2]);
            }, "largest number", size.ToString("G3", System.Globalization.CultureInfo.InvariantCulture));
        }
        File.WriteAllText(Latents, "no tensors");
        Assert.That(Cli.Refuse("metrics", Latents), Does.Contain("l.safetensors"));
        Assert.That(Cli.Refuse("metrics", Latents, "--neighbours", "0"), Does.Contain("--neighbours 0"));
        Assert.That(Cli.Refuse("metrics"), Does.Contain("metrics"));
    }

    /// <summary>Numbers of samples taken for labels by mistake must not cost memory or hours.</summary>
    [Test]
    public void Thousands_of_classes_are_measured()
    {
        Write(w =>
        {
            w.Add("latents", [6000, 16], Enumerable.Range(0, 6000 * 16).Select(i => MathF.Sin(i * i % 1009)).ToArray());
            w.Add("labels", [6000], Enumerable.Range(0, 6000).Select(i => (long)(i / 2)).ToArray());
        });
        var json = System.Text.Json.Nodes.JsonNode.Parse(Cli.Succeed("metrics", Latents))!;
        Assert.That((double)json["nc1"]!, Is.GreaterThan(0));
        Assert.That((double)json["nc2_max_angle"]!, Is.GreaterThan(0));
    }

    /// <summary>The pair of commands that docs/metrics.md shows: what predict writes is what metrics reads, and it is what the run measured.</summary>
    [Test]
    public void It_measures_what_predict_writes()
    {
        var data = new SafeTensorsWriter();
        data.Add("images", [40, 3, 8, 8], [.. Enumerable.Range(0, 40 * 192).Select(i => (byte)(i * 37 % 251))]);
        data.Add("labels", [40], [.. Enumerable.Range(0, 40).Select(i => (long)(i % 2))]);
        data.Write(folder["data.safetensors"]);
        Cli.Succeed("tensors:" + folder["data.safetensors"], "lpc-narrow", "--preset", "quick", "--width", "2", "--epochs", "1", "--device", "cpu", "--out", folder["run"]);
        Cli.Succeed("predict", folder["run"], folder["data.safetensors"], "--out", Latents, "--device", "cpu");
        var json = JsonNode.Parse(Cli.Succeed("metrics", Latents))!.AsObject();
        var measured = JsonNode.Parse(File.ReadAllText(folder["run/summary.json"]))!["train"]!.AsObject();
        Assert.That(json.ToJsonString(), Is.EqualTo(measured.ToJsonString()));
        var lines = File.ReadLines(folder["run/metrics.jsonl"]).Select(line => JsonNode.Parse(line)!.AsObject()).ToArray();
        Assert.That(lines[^1]["entropy"]?.ToJsonString(), Is.EqualTo(measured["entropy"]!.ToJsonString()), "the last epoch has it");
    }

    private void Refused(Action<SafeTensorsWriter> fill, params string[] words)
    {
        Write(fill);
        var line = Cli.Refuse("metrics", Latents);
        foreach (var word in words) Assert.That(line, Does.Contain(word));
    }

    private static void Add(SafeTensorsWriter writer, long[] labels, long[] shape)
    {
        writer.Add("latents", shape, new float[shape.Aggregate((a, b) => a * b)]);
        writer.Add("labels", [labels.Length], labels);
    }

    private void Write(Action<SafeTensorsWriter> fill)
    {
        var writer = new SafeTensorsWriter();
        fill(writer);
        writer.Write(Latents);
    }
}

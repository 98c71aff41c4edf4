using System.Globalization;
using System.Text.Json.Nodes;

namespace LpcEngine.Tests.Experiments;

/// <summary>A few steps of training through the public command line against PyTorch's, from the same weights on the same batches.</summary>
public sealed class GoldenTrajectories
{
    private static IEnumerable<TestCaseData> Cases =>
        from device in TestDevices.Names
        where device != "emulator" // a step of a ResNet would take it hours
        from network in new[] { "resnet18-w8", "resnet50-w4" }
        select new TestCaseData(network, device).SetArgDisplayNames(network, device);

    [TestCaseSource(nameof(Cases))]
    public void Losses_and_logits_follow_PyTorch(string network, string device)
    {
        using var golden = SafeTensorsFile.Open(Path.Combine(TestContext.CurrentContext.TestDirectory, "Goldens", network + ".safetensors"));
        using var folder = new TemporaryFolder();
        var images = golden["images"].Shape;
        var (steps, batch) = (images[0], images[1]);
        WriteInputs(golden, folder, steps * batch);

        string Meta(string key) => golden.Metadata[key];
        Cli.Succeed($"tensors:{folder["data.safetensors"]}", "lpc-narrow",
            "--backbone", network.Split('-')[0], "--width", Meta("width"), "--penultimate", Meta("latent"), "--classes", Meta("classes"),
            "--batch", $"{batch}", "--lr", Meta("lr"), "--weight-decay", Meta("weight_decay"), "--gamma-start", Meta("gamma"), "--gamma-factor", "1",
            "--augment", "none", "--shuffle", "none", "--epochs", "1", "--steps", $"{steps}", "--log-steps", "--no-evaluate",
            "--init", folder["init.safetensors"], "--device", device, "--out", folder["run"]);

        var expected = golden.ReadDoubles("loss_ce_penalty");
        var lines = File.ReadLines(folder["run/metrics.jsonl"]).Select(line => JsonNode.Parse(line)!).Where(line => (string?)line["split"] == "step").ToArray();
        Assert.That(lines, Has.Length.EqualTo((int)steps));
        // Five steps enlarge what rounding does: sums in other orders, each as exact as the others, ended 2.4e-5 to 1.0e-4 from PyTorch's. Which order an OpenCL compiler takes is its own affair.
        var tolerance = device == "cpu" ? 1e-4 : 2e-4;
        for (var i = 0; i < lines.Length; i++)
        {
            Assert.That((double)lines[i]["cross_entropy"]!, Is.EqualTo(expected[2 * i]).Within(tolerance * expected[2 * i]), $"cross-entropy of step {i + 1}");
            Assert.That((double)lines[i]["penalty"]!, Is.EqualTo(expected[2 * i + 1]).Within(tolerance * expected[2 * i + 1]), $"penalty of step {i + 1}");
        }

        CheckPredictions(golden, folder, device, batch);
        CheckWeights(golden, folder);
    }

    private static void WriteInputs(SafeTensorsFile golden, TemporaryFolder folder, long count)
    {
        var data = new SafeTensorsWriter();
        data.Add("images", [count, 3, 32, 32], golden.ReadFloats("images"));
        data.Add("labels", [count], golden.ReadInts64("labels"));
        data.Write(folder["data.safetensors"]);

        var init = new SafeTensorsWriter();
        foreach (var entry in golden.Entries.Where(entry => entry.Name.StartsWith("init.", StringComparison.Ordinal)))
        {
            var name = entry.Name["init.".Length..];
            if (entry.DType == "I64") init.Add(name, [.. entry.Shape], golden.ReadInts64(entry.Name));
            else init.Add(name, [.. entry.Shape], golden.ReadFloats(entry.Name));
        }
        init.Write(folder["init.safetensors"]);
    }

    // The goldens' evaluation is of the first batch, after the last step, with running statistics.
    private static void CheckPredictions(SafeTensorsFile golden, TemporaryFolder folder, string device, long batch)
    {
        Cli.Succeed("predict", folder["run"], folder["data.safetensors"], "--device", device, "--out", folder["predictions.safetensors"]);
        using var predictions = SafeTensorsFile.Open(folder["predictions.safetensors"]);
        foreach (var (ours, theirs) in new[] { ("logits", "eval_logits"), ("latents", "eval_latent") })
        {
            var expected = golden.ReadDoubles(theirs);
            var error = RelativeError.Of(predictions.ReadFloats(ours).AsSpan(0, expected.Length), expected);
            Assert.That(error, Is.LessThan(1e-3), string.Create(CultureInfo.InvariantCulture, $"{ours}: relative error {error:g3}"));
        }
    }

    private static void CheckWeights(SafeTensorsFile golden, TemporaryFolder folder)
    {
        using var model = SafeTensorsFile.Open(folder["run/model.safetensors"]);
        foreach (var entry in golden.Entries.Where(entry => entry.Name.StartsWith("final.", StringComparison.Ordinal)))
        {
            var name = entry.Name["final.".Length..];
            Assert.That(model[name].Shape, Is.EqualTo(entry.Shape), name);
            if (entry.DType == "I64") Assert.That(model.ReadInts64(name), Is.EqualTo(golden.ReadInts64(entry.Name)), name);
            else Assert.That(RelativeError.Of(model.ReadFloats(name), golden.ReadDoubles(entry.Name)), Is.LessThan(2e-3), name);
        }
    }
}

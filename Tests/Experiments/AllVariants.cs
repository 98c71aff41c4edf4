using System.Text.Json.Nodes;
using LpcEngine.Models;

namespace LpcEngine.Tests.Experiments;

/// <summary>Every variant trains, resumes and logs what its loss is made of; folders from before a term existed go on.</summary>
public sealed class AllVariants
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    private static IEnumerable<TestCaseData> Cases =>
        from device in TestDevices.Names
        where device != "emulator" // a step of a network would take it minutes
        from variant in Variants.All
        where device == "cpu" || EachTerm.Contains(variant.Name)
        select new TestCaseData(device, variant).SetArgDisplayNames(device, variant.Name);

    // Elsewhere one for each kind of term: a process that compiles its kernels anew takes ten seconds.
    private static readonly string[] EachTerm = ["lpc-narrow", "lpc-scl", "arcface", "nopen"];

    private string[] Command(string run, string variant, params string[] more) =>
        ["synthetic10", variant, "--preset", "quick", "--train-size", "5", "--test-size", "1", "--backbone", "mlp", "--width", "1", "--epochs", "3", "--batch", "16", "--eval-every", "3",
            "--deepfool-images", "0", "--pgd-images", "0", "--log-steps", "--out", folder[run], .. more];

    [Test]
    public void The_paper_has_eleven_in_this_order() => Assert.That(Variants.All.Select(variant => variant.Name), Is.EqualTo(
        "lpc lpc-wide lpc-narrow lpc-scl lpc-nopen linpen nonlinpen scl arcface cosface nopen".Split(' ')));

    [TestCaseSource(nameof(Cases))]
    public void The_log_has_the_terms_of_the_loss_and_their_sum(string device, Variant variant)
    {
        Cli.Succeed(Command("run", variant.Name, "--device", device));
        var lines = Lines("run");
        var steps = lines.Where(line => (string?)line["split"] == "step").ToArray();
        Assert.That(steps, Has.Length.EqualTo(3 * 4));
        foreach (var step in steps)
        {
            var contrastive = (double?)step["contrastive"];
            Assert.That(contrastive is not null, Is.EqualTo(variant.Contrastive));
            Assert.That((double)step["penalty"]! > 0, Is.EqualTo(variant.Penalty));
            var sum = (double)step["cross_entropy"]! + (double)step["penalty"]! + (contrastive ?? 0);
            Assert.That((double)step["loss"]!, Is.EqualTo(sum).Within(1e-6 * sum));
        }
        var schedule = lines.Where(line => (string?)line["split"] == "train").Select(line => ((double?)line["scale"], (double?)line["margin"]));
        Assert.That(schedule, Is.EqualTo(variant.Margin switch
        {
            Margin.Angular => [(16, 0.1), (17, 0.1 + 0.01), (18, 0.1 + 0.02)],
            Margin.Cosine => [(32, 0.25), (32, 0.25), (32, 0.25)],
            _ => new (double?, double?)[] { (null, null), (null, null), (null, null) },
        }));
    }

    [TestCase("lpc-scl")]
    [TestCase("arcface")]
    public void A_run_in_parts_has_the_bits_of_a_whole_one(string variant)
    {
        Cli.Succeed(Command("whole", variant));
        Cli.Succeed(Command("parts", variant, "--steps", "6"));
        Cli.Succeed(Command("parts", variant));
        Assert.That(Weights("parts"), Is.EqualTo(Weights("whole")));
        Assert.That(Lines("parts").Select(Measured), Is.EqualTo(Lines("whole").Select(Measured)));
    }

    [Test]
    public void A_checkpoint_from_before_margins_and_contrastive_terms_goes_on()
    {
        Cli.Succeed(Command("whole", "lpc"));
        Cli.Succeed(Command("old", "lpc", "--steps", "6"));
        var path = folder["old/checkpoint.safetensors"];
        var writer = new SafeTensorsWriter();
        using (var file = SafeTensorsFile.Open(path))
        {
            foreach (var (key, value) in file.Metadata) writer.Metadata[key] = value;
            var config = JsonNode.Parse(file.Metadata["lpc.config"])!.AsObject();
            foreach (var key in new[] { "contrastive", "margin", "margin_schedule" }) Assert.That(config.Remove(key), key);
            foreach (var key in new[] { "every", "turn", "turn_factor" }) Assert.That(config["gamma"]!.AsObject().Remove(key), key);
            foreach (var key in new[] { "decay", "minimum", "end" }) Assert.That(config["rate"]!.AsObject().Remove(key), key);
            writer.Metadata["lpc.config"] = config.ToJsonString();
            foreach (var entry in file.Entries)
            {
                if (entry.DType == "I64") writer.Add(entry.Name, [.. entry.Shape], file.ReadInts64(entry.Name));
                else if (entry.Name == "tally") writer.Add(entry.Name, [7], file.ReadFloats(entry.Name)[..7]);
                else writer.Add(entry.Name, [.. entry.Shape], file.ReadFloats(entry.Name));
            }
        }
        writer.Write(path);
        Cli.Succeed(Command("old", "lpc"));
        Assert.That(Weights("old"), Is.EqualTo(Weights("whole")));
        Assert.That(Lines("old").Select(Measured), Is.EqualTo(Lines("whole").Select(Measured)));
    }

    [Test]
    public void Scale_and_margin_are_part_of_a_run()
    {
        Cli.Succeed(Command("run", "cosface", "--scale-start", "16", "--scale-step", "1", "--scale-max", "64", "--margin-start", "0", "--margin-step", "0.00625"));
        Assert.That(Lines("run").Where(line => (string?)line["split"] == "train").Select(line => (double)line["scale"]!), Is.EqualTo(new[] { 16.0, 17, 18 }));
        Assert.That(Cli.Refuse(Command("run", "cosface")), Does.Contain("--scale-start is 16 there and 32 here"));
        Assert.That(Cli.Refuse(Command("x", "lpc", "--margin-max", "0.3")), Does.Contain("no margin"));
        Assert.That(Cli.Refuse(Command("x", "cosface", "--scale-start", "64")), Does.Contain("--scale-max 32"));
        Assert.That(Cli.Refuse(Command("x", "arcface", "--margin-max", "4")), Does.Contain("at most 3.1416"));
        Assert.That(Cli.Refuse(Command("x", "arcface", "--scale-step", "-1")), Does.Contain("not negative"));
        Assert.That(Directory.Exists(folder["x"]), Is.False, "nothing half-written");
    }

    private JsonObject[] Lines(string run) => File.ReadLines(folder[$"{run}/metrics.jsonl"]).Select(line => JsonNode.Parse(line)!.AsObject()).ToArray();

    private static string Measured(JsonObject line)
    {
        line.Remove("seconds");
        line.Remove("images_per_second");
        return line.ToJsonString();
    }

    private byte[] Weights(string run)
    {
        using var file = SafeTensorsFile.Open(folder[$"{run}/model.safetensors"]);
        return file.Entries.SelectMany(entry => file.ReadBytes(entry.Name)).ToArray();
    }
}

namespace LpcEngine.Tests.Experiments;

/// <summary>A run in which everything is drawn at random that can be, and what must be the same whenever it is repeated.</summary>
public abstract class RepeatedRun
{
    private protected TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    // Augmented and shuffled, with a last batch that is smaller: everything that could depend on a state that is not saved.
    private protected string[] Command(string run, params string[] more) => Command(run, 8, more);

    private protected string[] Command(string run, int epochs, params string[] more) =>
        ["synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "25", "--test-size", "2", "--width", "4", "--epochs", $"{epochs}", "--batch", "32",
            "--augment", "standard", "--gamma-start", "0.1", "--eval-every", "3", "--deepfool-images", "2", "--pgd-images", "2", "--pgd-steps", "2", "--device", "cpu", "--out", folder[run], .. more];

    private protected byte[] Weights(string run) => WithoutMetadata(folder[$"{run}/model.safetensors"]);

    // The measured values of each epoch; times differ from run to run.
    private protected string[] EpochLines(string run) => File.ReadLines(folder[$"{run}/metrics.jsonl"])
        .Select(line => System.Text.Json.Nodes.JsonNode.Parse(line)!.AsObject())
        .Select(line =>
        {
            line.Remove("seconds");
            line.Remove("images_per_second");
            return line.ToJsonString();
        }).ToArray();

    private static byte[] WithoutMetadata(string path)
    {
        using var file = SafeTensorsFile.Open(path);
        return file.Entries.SelectMany(entry => file.ReadBytes(entry.Name)).ToArray();
    }
}

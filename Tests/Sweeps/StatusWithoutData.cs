using LpcEngine.Tests.Experiments;

namespace LpcEngine.Tests.Sweeps;

/// <summary>sweep --status reads run folders; the data may be on another machine, or nowhere yet.</summary>
public sealed class StatusWithoutData
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    private string[] Sweep(string dataSet, params string[] more) =>
        ["sweep", dataSet, "--variants", "nopen,lpc-narrow", "--lrs", "1e-3", "--seeds", "1", "--device", "cpu", "--data-dir", folder.Folder("empty"), "--out", folder["runs"], "--status", .. more];

    [TestCase("cifar10", "paper", "resnet18")]
    [TestCase("cifar100", "paper", "resnet50")]
    [TestCase("mnist", "quick", "resnet18")]
    public void A_data_set_that_is_not_here_is_neither_needed_nor_fetched(string dataSet, string preset, string backbone)
    {
        var output = Cli.Succeed(Sweep(dataSet, "--preset", preset, "--json"));
        Assert.That(output, Does.Contain("state     2 waiting").And.Contain($"{preset}-{backbone}-w"), "the backbone follows from the number of classes");
        Assert.That(Directory.GetFileSystemEntries(folder["empty"]), Is.Empty);
        Assert.That(Directory.Exists(folder["runs"]), Is.False);
    }

    [Test]
    public void Runs_on_data_that_are_gone_say_where_they_stand()
    {
        var data = WriteImages();
        // Twelve classes, of which the images show three: both make the folder's name.
        string[] options = ["--preset", "quick", "--width", "1", "--epochs", "3", "--batch", "3", "--classes", "12", "--deepfool-images", "0", "--pgd-images", "0"];
        foreach (var (variant, more) in new (string, string[])[] { ("nopen", []), ("lpc-narrow", ["--steps", "2"]) })
            Cli.Succeed([data, variant, .. options, "--lr", "1e-3", "--device", "cpu", "--out", RunFolderOf(variant, data, options), .. more]);
        File.Delete(Path.Combine(RunFolderOf("lpc-narrow", data, options), "summary.json"));
        var before = Cli.Succeed(Sweep(data, options));
        Assert.That(before, Does.Match(@"(?m)^state     1 done, 1 begun$").And.Match(@"(?m)^done +nopen .*test – *, train \d+\.\d%").And.Match(@"(?m)^begun +lpc-narrow .*epoch 1 of 3"));
        File.Delete(folder["images.safetensors"]);
        Assert.That(Cli.Succeed(Sweep(data, options)), Is.EqualTo(before));
        File.WriteAllText(Path.Combine(RunFolderOf("nopen", data, options), "config.json"), "{}");
        Assert.That(Cli.Succeed(Sweep(data, options)), Does.Match(@"(?m)^refused +nopen .*config\.json is damaged"));
    }

    [Test]
    public void Data_of_the_users_own_are_asked_for_where_no_run_tells_of_them()
    {
        Assert.That(Cli.Refuse(Sweep($"tensors:{folder["images.safetensors"]}", "--preset", "quick")), Does.Contain("There is no file").And.Contain("images.safetensors"));
        Assert.That(Cli.Succeed(Sweep(WriteImages(), "--preset", "quick")), Does.Contain("state     2 waiting"));
    }

    // Where the sweep looks for a run, as --dry-run writes it: from the data.
    private string RunFolderOf(string variant, string data, string[] options)
    {
        var dry = new List<string>(Sweep(data, [.. options, "--slurm", "--dry-run"]));
        dry.Remove("--status");
        if (!Directory.Exists(folder["runs"])) Cli.Succeed([.. dry]);
        return File.ReadLines(folder["runs/tensors-images/slurm/1/folders.txt"]).Single(line => line.Contains($"/{variant}/", StringComparison.Ordinal));
    }

    private string WriteImages()
    {
        var random = new Random(1);
        var writer = new SafeTensorsWriter();
        writer.Add("images", [6, 3, 16, 16], Enumerable.Range(0, 6 * 768).Select(_ => (float)random.NextDouble()).ToArray());
        writer.Add("labels", [6], Enumerable.Range(0, 6).Select(i => (long)(i % 3)).ToArray());
        writer.Write(folder["images.safetensors"]);
        return $"tensors:{folder["images.safetensors"]}";
    }
}

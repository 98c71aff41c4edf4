using System.Diagnostics;

namespace LpcEngine.Tests.Experiments;

/// <summary>The same run gives the same bits: twice, with one thread or two, and across kills at any moment.</summary>
public sealed class Repeatability
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    // Augmented and shuffled, with a last batch that is smaller: everything that could depend on a state that is not saved.
    private string[] Command(string run, params string[] more) => Command(run, 8, more);

    private string[] Command(string run, int epochs, params string[] more) =>
        ["synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "25", "--test-size", "2", "--width", "4", "--epochs", $"{epochs}", "--batch", "32",
            "--augment", "standard", "--gamma-start", "0.1", "--eval-every", "3", "--deepfool-images", "2", "--pgd-images", "2", "--pgd-steps", "2", "--device", "cpu", "--out", folder[run], .. more];

    private byte[] Weights(string run) => WithoutMetadata(folder[$"{run}/model.safetensors"]);

    [Test]
    public void The_same_seed_gives_the_same_bits_and_another_seed_others()
    {
        Cli.Succeed(Command("a"));
        Cli.Succeed(Command("b"));
        Cli.Succeed(Command("c", "--seed", "2"));
        Assert.That(Weights("b"), Is.EqualTo(Weights("a")));
        Assert.That(Weights("c"), Is.Not.EqualTo(Weights("a")));
    }

    [Test]
    public void One_thread_and_two_and_three_give_the_same_bits()
    {
        foreach (var threads in new[] { "1", "2", "3" }) Cli.Succeed(Command(threads, "--threads", threads));
        Assert.That(Weights("2"), Is.EqualTo(Weights("1")));
        Assert.That(Weights("3"), Is.EqualTo(Weights("1")));
    }

    [Test]
    public void Stopping_after_some_steps_and_going_on_gives_the_same_bits()
    {
        Cli.Succeed(Command("whole"));
        foreach (var steps in new[] { "3", "8", "21" }) Cli.Succeed(Command("parts", "--steps", steps));
        Cli.Succeed(Command("parts"));
        Assert.That(Weights("parts"), Is.EqualTo(Weights("whole")));
        Assert.That(EpochLines("parts"), Is.EqualTo(EpochLines("whole")));
    }

    [Test]
    public void Killed_again_and_again_a_run_ends_with_the_same_bits()
    {
        // With a checkpoint after each step, kills come before, in and after the writing of one, within epochs and between them.
        string[] command = Command("killed", 30, "--checkpoint-every", "0");
        Cli.Succeed(Command("whole", 30));
        var random = new Random(5);
        var kills = 0;
        var places = new HashSet<(int, int)>();
        for (; kills < 7; kills++)
        {
            using var process = Start(command);
            // The first kills come at any time, before the first checkpoint too; the later ones soon after a checkpoint of this process, however slow its start.
            if (kills >= 2) WaitForCheckpoint("killed", process);
            if (process.WaitForExit(random.Next(kills < 2 ? 2000 : 300))) break;
            process.Kill(); // SIGKILL
            process.WaitForExit();
            if (File.Exists(folder["killed/checkpoint.safetensors"])) places.Add(Place("killed"));
        }
        using var last = Start(command);
        last.WaitForExit();
        Assert.That(last.ExitCode, Is.Zero);
        Assert.That(kills, Is.GreaterThan(0), "the run ended before it could be killed");
        Assert.That(places, Is.Not.Empty.And.Some.Matches<(int Epoch, int Step)>(place => place.Epoch > 2 || place.Step > 0), "no kill found a run under way");
        Assert.That(Weights("killed"), Is.EqualTo(Weights("whole")));
        Assert.That(EpochLines("killed"), Is.EqualTo(EpochLines("whole")));
    }

    [Test]
    public void A_finished_run_says_so_and_changes_nothing()
    {
        Cli.Succeed(Command("a"));
        var before = File.GetLastWriteTimeUtc(folder["a/model.safetensors"]);
        Assert.That(Cli.Succeed(Command("a")), Does.Contain("finished"));
        Assert.That(File.GetLastWriteTimeUtc(folder["a/model.safetensors"]), Is.EqualTo(before));
        var config = File.ReadAllText(folder["a/config.json"]);
        Assert.That(Cli.Succeed(Command("a", "--threads", "1")), Does.Contain("finished"));
        Assert.That(File.ReadAllText(folder["a/config.json"]), Is.EqualTo(config), "what repeats the run is what made it");
    }

    [Test]
    public void A_run_without_evaluation_is_evaluated_when_asked_for_again_without_that_flag()
    {
        Cli.Succeed(Command("a"));
        Cli.Succeed(Command("b", "--no-evaluate"));
        Cli.Succeed(Command("b"));
        Assert.That(Weights("b"), Is.EqualTo(Weights("a")));
        Assert.That(Summary("b", "train_accuracy"), Is.EqualTo(Summary("a", "train_accuracy")).And.Not.Empty);
    }

    [Test]
    public void A_run_goes_on_without_the_file_that_it_began_from()
    {
        Cli.Succeed(Command("first"));
        File.Copy(folder["first/model.safetensors"], folder["start.safetensors"]);
        string[] command = Command("second", "--init", folder["start.safetensors"]);
        Cli.Succeed([.. command, "--steps", "9"]);
        File.Delete(folder["start.safetensors"]);
        Cli.Succeed(command);
        Assert.That(Cli.Succeed(command), Does.Contain("finished"));
    }

    private string Summary(string run, string key) => System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(folder[$"{run}/summary.json"]))![key]?.ToString() ?? "";

    private void WaitForCheckpoint(string run, Process process)
    {
        var path = folder[$"{run}/checkpoint.safetensors"];
        var before = File.GetLastWriteTimeUtc(path);
        while (File.GetLastWriteTimeUtc(path) == before && !process.WaitForExit(5)) { }
    }

    // Where a run's checkpoint stands: epoch and step of it.
    private (int Epoch, int Step) Place(string run)
    {
        using var file = SafeTensorsFile.Open(folder[$"{run}/checkpoint.safetensors"]);
        var state = System.Text.Json.Nodes.JsonNode.Parse(file.Metadata["lpc.state"])!;
        return ((int)state["epoch"]!, (int)state["step_of_epoch"]!);
    }

    // The measured values of each epoch; times differ from run to run.
    private string[] EpochLines(string run) => File.ReadLines(folder[$"{run}/metrics.jsonl"])
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

    private static Process Start(string[] arguments)
    {
        var here = TestContext.CurrentContext.TestDirectory;
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        string[] prefix = ["exec", "--runtimeconfig", Path.Combine(here, "Tests.runtimeconfig.json"), "--depsfile", Path.Combine(here, "Tests.deps.json"), Path.Combine(here, "Experiments.dll")];
        foreach (var argument in prefix.Concat(arguments)) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}

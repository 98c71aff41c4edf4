namespace LpcEngine.Tests.Experiments;

/// <summary>The same run gives the same bits: twice, with one thread or two, in parts.</summary>
public sealed class Repeatability : RepeatedRun
{
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
}

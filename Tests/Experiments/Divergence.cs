namespace LpcEngine.Tests.Experiments;

/// <summary>A loss that is no number any more ends the run with exit code 3 and one line.</summary>
public sealed class Divergence
{
    [Test]
    public void A_rate_that_is_far_too_high_is_reported_and_leaves_no_broken_model()
    {
        using var folder = new TemporaryFolder();
        var (code, _, error) = Cli.Run("synthetic10", "lpc", "--preset", "quick", "--train-size", "10", "--test-size", "1", "--width", "4", "--epochs", "20",
            "--lr", "1e30", "--device", "cpu", "--out", folder["run"]);
        Assert.That(code, Is.EqualTo(3));
        Assert.That(error.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(1).And.One.Contains("diverged"));
        Assert.That(File.Exists(folder["run/model.safetensors"]), Is.False);
    }

    [Test]
    public void The_line_names_the_step_and_the_operation_at_which_it_began()
    {
        using var folder = new TemporaryFolder();
        // The first update is ten times 1e30, so the second step's products overflow: in the first convolution already, or once normalised in what follows.
        var (code, _, error) = Cli.Run("synthetic10", "lpc", "--preset", "quick", "--train-size", "10", "--test-size", "1", "--width", "4", "--epochs", "20", "--batch", "25",
            "--lr", "1e30", "--device", "cpu", "--log-steps", "--out", folder["run"]);
        Assert.That(code, Is.EqualTo(3));
        Assert.That(error, Does.Contain("in epoch 1 at step 2 (2 of the run)").And.Contain("first in the result of").And.Contain("cross-entropy"));
        var lines = File.ReadAllLines(folder["run/metrics.jsonl"]).Select(line => System.Text.Json.Nodes.JsonNode.Parse(line)!.AsObject()).ToArray();
        Assert.That((double?)lines[0]["loss"], Is.Not.Null);
        Assert.That((double?)lines[1]["loss"], Is.Null, "the step that the line names is the first without a loss");
    }

    [Test]
    public void A_resumed_run_that_diverges_is_traced_from_its_checkpoint()
    {
        using var folder = new TemporaryFolder();
        string[] command = ["synthetic10", "lpc", "--preset", "quick", "--train-size", "10", "--test-size", "1", "--width", "4", "--epochs", "6", "--batch", "25", "--no-evaluate",
            "--device", "cpu", "--checkpoint-every", "0", "--gamma-hold", "2", "--gamma-factor", "1e30", "--gamma-max", "1e38", "--out", folder["run"]];
        var (code, _, error) = Cli.Run(command);
        Assert.That(code, Is.EqualTo(3), error);
        Assert.That(error, Does.Contain("The last good checkpoint is kept").And.Contain("of the run)").And.Match("first in|after its update"));
    }

    [Test]
    public void A_last_update_that_destroys_the_weights_is_a_divergence_and_no_result()
    {
        using var folder = new TemporaryFolder();
        string[] command = ["synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "4", "--test-size", "1", "--width", "2", "--epochs", "1", "--batch", "40",
            "--device", "cpu", "--out", folder["run"], "--lr", "1e30"];
        foreach (var more in new string[][] { [], ["--no-evaluate"] })
        {
            var (code, output, _) = Cli.Run([.. command, .. more]);
            Assert.That(code, Is.EqualTo(3), output);
            Assert.That(File.Exists(folder["run/summary.json"]) || File.Exists(folder["run/model.safetensors"]), Is.False);
        }
    }

    [Test]
    public void No_checkpoint_holds_weights_that_were_destroyed()
    {
        using var folder = new TemporaryFolder();
        // The first epoch is one step, whose update destroys the weights; its own loss doesn't show it, only the second epoch's would.
        var (code, _, error) = Cli.Run("synthetic10", "lpc-narrow", "--preset", "quick", "--train-size", "4", "--test-size", "1", "--width", "2", "--epochs", "3", "--batch", "40",
            "--eval-every", "5", "--device", "cpu", "--out", folder["run"], "--lr", "1e30");
        Assert.That(code, Is.EqualTo(3));
        Assert.That(File.Exists(folder["run/checkpoint.safetensors"]), Is.False);
        Assert.That(error, Does.Contain("no earlier checkpoint").And.Contain("in epoch 1 at step 1 (1 of the run)").And.Contain("after its update at a learning rate of 1e+30"));
    }
}

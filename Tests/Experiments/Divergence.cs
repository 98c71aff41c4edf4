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
        Assert.That(error, Does.Contain("no earlier checkpoint"));
    }
}

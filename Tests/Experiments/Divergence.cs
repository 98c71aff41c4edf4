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
}

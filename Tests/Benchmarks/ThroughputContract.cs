using System.Text.Json;

namespace LpcEngine.Tests.Benchmarks;

/// <summary>What <c>throughput</c> prints: one line of JSON with six numbers that agree with each other.</summary>
public sealed class ThroughputContract
{
    private static readonly string[] Keys =
        ["images_per_second", "milliseconds_per_step", "best_milliseconds_per_step", "peak_memory_mib", "achieved_gflops", "percent_of_peak"];

    [TestCase("train")]
    [TestCase("infer")]
    public void One_line_of_json_with_consistent_numbers(string mode)
    {
        const int batch = 4;
        var run = CommandLineRun.Of("throughput", "resnet18", "--width", "4", "--batch", $"{batch}", "--steps", "2", "--mode", mode);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output.TrimEnd('\n', '\r').Split('\n'), Has.Length.EqualTo(1), run.Output);
        using var json = JsonDocument.Parse(run.Output);
        Assert.That(json.RootElement.EnumerateObject().Select(property => property.Name), Is.EqualTo(Keys));
        var values = Keys.ToDictionary(key => key, key => json.RootElement.GetProperty(key).GetDouble());
        Assert.Multiple(() =>
        {
            Assert.That(values.Values, Is.All.GreaterThan(0));
            Assert.That(values["images_per_second"] * values["milliseconds_per_step"] / 1e3, Is.EqualTo(batch).Within(1).Percent);
            Assert.That(values["best_milliseconds_per_step"], Is.LessThanOrEqualTo(values["milliseconds_per_step"]));
        });
    }

    [Test]
    public void Training_counts_three_forward_passes()
    {
        var (train, infer) = (FlopsPerImage("train"), FlopsPerImage("infer"));
        Assert.That(train / infer, Is.EqualTo(3).Within(1).Percent);
    }

    private static double FlopsPerImage(string mode)
    {
        var run = CommandLineRun.Of("throughput", "mlp", "--width", "1", "--batch", "64", "--steps", "1", "--mode", mode);
        using var json = JsonDocument.Parse(run.Output);
        return json.RootElement.GetProperty("achieved_gflops").GetDouble() / json.RootElement.GetProperty("images_per_second").GetDouble();
    }
}

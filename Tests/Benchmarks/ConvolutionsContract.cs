using System.Text.Json;
using LpcEngine.Models;

namespace LpcEngine.Tests.Benchmarks;

/// <summary>What <c>convolutions</c> prints: a line of JSON for each distinct convolution, which together are the network.</summary>
public sealed class ConvolutionsContract
{
    private static readonly string[] Passes = ["forward", "input_gradient", "weight_gradient"];

    [TestCase("resnet18", 11, 20)]
    [TestCase("resnet50", 23, 53)]
    public void Lines_add_up_to_the_network(string backbone, int distinct, int all)
    {
        const int batch = 2, width = 4;
        var run = CommandLineRun.Of(
            "convolutions", "--backbone", backbone, "--width", $"{width}", "--batch", $"{batch}", "--steps", "1", "--threads", "1");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        var rows = run.Output.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        var flops = new BackboneSpec(backbone, width, 32, 32, 3).Build(Initialiser.Plan(TestDevices.Get("cpu"))).FlopsPerImage;
        Assert.Multiple(() =>
        {
            Assert.That(rows, Has.Length.EqualTo(distinct));
            Assert.That(rows.Select(row => row.GetProperty("convolution").GetString()), Is.Unique);
            Assert.That(rows.Sum(row => row.GetProperty("count").GetInt32()), Is.EqualTo(all));
            Assert.That(rows.Sum(row => row.GetProperty("input_gradients").GetInt32()), Is.EqualTo(all - 1));
            Assert.That(rows.Sum(row => Number(row, "count") * Number(row, "gflop")), Is.EqualTo(batch * flops / 1e9).Within(0.1).Percent);
        });
        foreach (var row in rows)
            foreach (var pass in Passes)
            {
                var gflop = Number(row, $"{pass}_gflops") * Number(row, $"{pass}_ms") / 1e3;
                Assert.That(gflop, Is.EqualTo(Number(row, "gflop")).Within(5).Percent, $"{pass} of {row}");
            }
    }

    private static double Number(JsonElement row, string key) => row.GetProperty(key).GetDouble();
}

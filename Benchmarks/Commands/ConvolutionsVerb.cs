using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LpcEngine.Benchmarks.Convolutions;
using LpcEngine.Kernels;
using LpcEngine.Models;

namespace LpcEngine.Benchmarks.Commands;

/// <summary><c>convolutions</c>: the speed of each convolution of a network, a line of JSON for each.</summary>
internal static class ConvolutionsVerb
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var networks = string.Join(", ", BackboneSpec.Names.Where(name => name != "mlp"));
        var backbone = Verbs.Option<string?>("--backbone", $"{networks} (default resnet18)");
        var batch = Verbs.Option<int?>("--batch", "images per pass (default 128)");
        var width = Verbs.Option<int?>("--width", "channels of the first stage (default 64)");
        var steps = Verbs.Option<int?>("--steps", $"passes that are timed (default {ConvolutionTimer.DefaultSteps})");
        var (device, threads) = (Verbs.Device(), Verbs.Threads());
        var command = new Command("convolutions",
            "Each distinct convolution of a network on CIFAR's shapes: forward, input gradient and weight gradient apart.")
        {
            backbone, batch, width, device, threads, steps,
        };
        command.SetAction(parsed =>
        {
            var images = Verbs.Positive("--batch", parsed.GetValue(batch) ?? 128);
            var count = Verbs.Positive("--steps", parsed.GetValue(steps) ?? ConvolutionTimer.DefaultSteps);
            using var opened = Verbs.Open(parsed.GetValue(device), parsed.GetValue(threads));
            var found = NetworkConvolution.Of(opened, parsed.GetValue(backbone) ?? "resnet18", images, parsed.GetValue(width) ?? 64);
            double? peak = Ceilings.CanMeasure(opened) ? Ceilings.MeasureArithmetic(opened) : null;
            foreach (var convolution in found)
                Console.Out.WriteLine(Row(convolution, ConvolutionTimer.Measure(opened, convolution.Geometry, count), peak));
            return 0;
        });
        return command;
    }

    private static string Row(NetworkConvolution convolution, ConvolutionTimes times, double? peak)
    {
        var g = convolution.Geometry;
        var row = new JsonObject
        {
            ["convolution"] = convolution.Label, ["n"] = g.N, ["h"] = g.H, ["w"] = g.W, ["c"] = g.C, ["k"] = g.K,
            ["r"] = g.R, ["s"] = g.S, ["stride"] = g.Stride, ["padding"] = g.Padding,
            ["count"] = convolution.Count, ["input_gradients"] = convolution.InputGradients, ["gflop"] = Math.Round(g.Flops / 1e9, 6),
            ["peak_gflops"] = peak is { } rate ? Math.Round(rate, 1) : null,
        };
        Add("forward", times.Forward);
        Add("input_gradient", times.InputGradient);
        Add("weight_gradient", times.WeightGradient);
        return row.ToJsonString(Readable);

        void Add(string pass, double seconds)
        {
            var gflops = g.Flops / seconds / 1e9;
            row[$"{pass}_ms"] = Math.Round(1e3 * seconds, 5);
            row[$"{pass}_gflops"] = Math.Round(gflops, 3);
            row[$"{pass}_percent"] = peak is { } ceiling ? Math.Round(100 * gflops / ceiling, 2) : null;
        }
    }
}

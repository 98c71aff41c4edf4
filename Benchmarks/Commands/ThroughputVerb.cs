using System.CommandLine;
using LpcEngine.Benchmarks.Throughput;
using LpcEngine.Engine;
using LpcEngine.Models;

namespace LpcEngine.Benchmarks.Commands;

/// <summary><c>throughput</c>: the speed of whole steps, as one line of JSON.</summary>
internal static class ThroughputVerb
{
    public static Command Create()
    {
        var backbone = new Argument<string>("backbone") { Description = string.Join(", ", BackboneSpec.Names) };
        var batch = new Option<int>("--batch") { Description = "images per step", Required = true };
        var width = Verbs.Option<int?>("--width", "channels of the first stage (default 64)");
        var mode = Verbs.Option<string?>("--mode", "train (default: forward, loss, backward, AdamW) or infer (forward alone)");
        var precision = Verbs.Option<string?>("--precision", "fp32 (default), tf32 or bf16");
        var steps = Verbs.Option<int?>("--steps", $"steps that are timed, after {StepTimer.WarmUpSteps} that aren't (default {StepTimer.DefaultSteps})");
        var profile = Verbs.Option<bool>("--profile", "say on standard error which jobs or kernels took the time; kernels are waited for one by one then");
        var graph = Verbs.Option<string?>("--graph", "on (default): steps are recorded once and replayed, on cuda as a graph; off: their code runs each time");
        var (device, threads) = (Verbs.Device(), Verbs.Threads());
        var command = new Command("throughput", "Images per second of whole steps on random images of CIFAR's shape.")
        {
            backbone, batch, width, mode, device, precision, threads, steps, profile, graph,
        };
        command.SetAction(parsed =>
        {
            var workload = new Workload(
                Known(parsed.GetRequiredValue(backbone)),
                Verbs.Positive("--batch", parsed.GetRequiredValue(batch)),
                Verbs.Positive("--width", parsed.GetValue(width) ?? 64),
                Training(parsed.GetValue(mode)));
            var count = Verbs.Positive("--steps", parsed.GetValue(steps) ?? StepTimer.DefaultSteps);
            var arithmetic = ParsePrecision(parsed.GetValue(precision));
            using var opened = Verbs.Open(parsed.GetValue(device), parsed.GetValue(threads));
            if (!opened.Computes(arithmetic)) throw new KernelMissingException("throughput", opened.Name, arithmetic);
            opened.Precision = arithmetic;
            opened.ReplaysSteps = Replaying(parsed.GetValue(graph));
            var times = parsed.GetValue(profile) ? Profile(opened) : null;
            Console.Out.WriteLine(StepTimer.Measure(workload, opened, count, times).ToJson());
            if (times is not null) Console.Error.Write(ProfileTable.Of(times, count));
            return 0;
        });
        return command;
    }

    private static string Known(string backbone) => BackboneSpec.Names.Contains(backbone)
        ? backbone
        : throw new UserErrorException($"Unknown backbone '{backbone}'; known are {string.Join(", ", BackboneSpec.Names)}.");

    private static JobTimes Profile(Device device) => device.ReplaysSteps || device is CpuDevice
        ? new JobTimes()
        : throw new UserErrorException($"--profile: on {device.Name} the kernels of replayed steps are timed; leave --graph off away.");

    private static bool Replaying(string? graph) => graph switch
    {
        null or "on" => true,
        "off" => false,
        _ => throw new UserErrorException($"--graph {graph}: must be on or off."),
    };

    private static bool Training(string? mode) => mode switch
    {
        null or "train" => true,
        "infer" => false,
        _ => throw new UserErrorException($"--mode {mode}: must be train or infer."),
    };

    private static Precision ParsePrecision(string? value) => value switch
    {
        null or "fp32" => Precision.Fp32,
        "tf32" => Precision.Tf32,
        "bf16" => Precision.Bf16,
        _ => throw new UserErrorException($"--precision {value}: must be fp32, tf32 or bf16."),
    };
}

using System.Globalization;
using LpcEngine.Benchmarks.Throughput;
using LpcEngine.Engine;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>Whole training steps of ResNet-18 and ResNet-50, as <c>throughput</c> times them, replayed (on CUDA as a graph) and by their code, beside the goals for an H100.</summary>
internal sealed class ThroughputPart : IAcceptancePart
{
    /// <summary>The part's name, for those who compare with it.</summary>
    public const string PartName = "throughput";

    /// <summary>The number of its rows that another program's speed is compared with.</summary>
    public const string SpeedKey = "images_per_second";

    /// <summary>The networks.</summary>
    public static readonly string[] Backbones = ["resnet18", "resnet50"];

    private const int GoalBatch = 128, GoalWidth = 64, EpochImages = 50_000;

    public string Name => PartName;

    public double Share => 100;

    public bool Judges => false;

    public bool WantsFreshDevices => true; // its memory is measured

    public string? Obstacle(AcceptanceOptions options) => options.Kind == "emulator" ? "the emulator is for debugging; its speed says nothing" : null;

    public IEnumerable<AcceptanceCheck> Checks(AcceptanceOptions options, Device device) =>
        from backbone in Backbones
        from precision in AcceptanceOptions.PrecisionsOf(device)
        from replays in device is CpuDevice ? (bool[])[true] : [true, false]
        select AcceptanceCheck.In(precision, ItemOf(backbone, options) + (replays ? "" : ", by its code"), target => Measure(target, backbone, options, replays));

    /// <summary>What a row is called.</summary>
    public static string ItemOf(string backbone, AcceptanceOptions options) => $"{backbone}, batch {options.Batch}, width {options.Width}";

    private static Outcome Measure(Device device, string backbone, AcceptanceOptions options, bool replays)
    {
        device.ReplaysSteps = replays;
        var found = StepTimer.Measure(new Workload(backbone, options.Batch, options.Width, Train: true), device, options.Steps, null);
        var epoch = EpochImages / found.ImagesPerSecond;
        var goal = replays && options is { Batch: GoalBatch, Width: GoalWidth } ? GoalSeconds(backbone, device.Precision) : null;
        var share = found.PercentOfPeak is { } percent ? string.Create(CultureInfo.InvariantCulture, $", {percent:n1} % of the fp32 ceiling") : "";
        var launched = found.Kernels == 0 ? "" : $", {found.Kernels} kernels {(found.Replay == Replay.Graph ? "in a graph" : "launched one by one")}";
        return new(Verdict.Measured, string.Create(CultureInfo.InvariantCulture,
            $"{epoch:n2} s an epoch, {found.ImagesPerSecond:n0} images/s, {found.MillisecondsPerStep:n2} ms a step, {found.PeakMemoryMib:n0} MiB{share}{launched}"))
        {
            Goal = goal is { } seconds ? string.Create(CultureInfo.InvariantCulture, $"≤ {seconds} s{(epoch <= seconds ? ", reached" : "")}") : null,
            Numbers = new()
            {
                [SpeedKey] = Math.Round(found.ImagesPerSecond, 3), ["epoch_seconds"] = Math.Round(epoch, 4), ["goal_epoch_seconds"] = goal,
                ["milliseconds_per_step"] = Math.Round(found.MillisecondsPerStep, 4), ["best_milliseconds_per_step"] = Math.Round(found.BestMillisecondsPerStep, 4),
                ["kernels_per_step"] = found.Kernels, ["replay"] = found.Replay.ToString().ToLowerInvariant(), ["peak_memory_mib"] = Math.Round(found.PeakMemoryMib, 1), ["achieved_gflops"] = Math.Round(found.AchievedGflops, 1),
                ["percent_of_fp32_ceiling"] = found.PercentOfPeak is { } of ? MetricLines.Number(Math.Round(of, 2)) : null,
            },
        };
    }

    // Seconds for an epoch of CIFAR on an H100.
    private static double? GoalSeconds(string backbone, Precision precision) => (backbone, precision) switch
    {
        ("resnet18", Precision.Fp32) => 5,
        ("resnet18", Precision.Tf32) => 2.1,
        ("resnet18", Precision.Bf16) => 1.2,
        ("resnet50", Precision.Fp32) => 13,
        ("resnet50", Precision.Tf32) => 6,
        ("resnet50", Precision.Bf16) => 3.5,
        _ => null,
    };
}

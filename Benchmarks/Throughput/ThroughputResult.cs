using System.Text.Json.Nodes;
using LpcEngine.Engine;

namespace LpcEngine.Benchmarks.Throughput;

/// <summary>The result of timing steps.</summary>
/// <param name="ImagesPerSecond">Batch over the median step.</param>
/// <param name="MillisecondsPerStep">The median step.</param>
/// <param name="BestMillisecondsPerStep">The fastest step.</param>
/// <param name="PeakMemoryMib">Largest memory in use.</param>
/// <param name="AchievedGflops">Operations of direct convolutions over the median step; faster algorithms can exceed the peak.</param>
/// <param name="PercentOfPeak">Of the measured fp32 peak; null where there's none to measure.</param>
internal sealed record ThroughputResult(
    double ImagesPerSecond, double MillisecondsPerStep, double BestMillisecondsPerStep, double PeakMemoryMib, double AchievedGflops, double? PercentOfPeak)
{
    /// <summary>Kernels that a step launches, where steps are recorded and replayed; else 0.</summary>
    public int Kernels { get; init; }

    /// <summary>How the steps ran.</summary>
    public Replay Replay { get; init; }

    /// <summary>One line.</summary>
    public string ToJson() => new JsonObject
    {
        ["images_per_second"] = Math.Round(ImagesPerSecond, 3),
        ["milliseconds_per_step"] = Math.Round(MillisecondsPerStep, 4),
        ["best_milliseconds_per_step"] = Math.Round(BestMillisecondsPerStep, 4),
        ["peak_memory_mib"] = Math.Round(PeakMemoryMib, 1),
        ["achieved_gflops"] = Math.Round(AchievedGflops, 3),
        ["percent_of_peak"] = PercentOfPeak is { } percent ? Math.Round(percent, 3) : null,
    }.ToJsonString();
}

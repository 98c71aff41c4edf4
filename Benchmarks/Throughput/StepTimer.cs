using System.Diagnostics;
using System.Globalization;
using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Benchmarks.Throughput;

/// <summary>Times steps one by one.</summary>
internal static class StepTimer
{
    /// <summary>Steps that aren't timed: the first allocates and compiles, the next fill caches and raise clocks, the third is recorded where steps are replayed.</summary>
    public const int WarmUpSteps = 3;

    /// <summary>Steps that are timed where the user doesn't say.</summary>
    public const int DefaultSteps = 10;

    /// <summary>Runs a workload.</summary>
    /// <param name="workload">What to time.</param>
    /// <param name="device">Where.</param>
    /// <param name="steps">Steps that are timed, at least 1.</param>
    /// <param name="times">Where the work of the timed steps is added up; null measures whole steps alone. Kernels of ILGPU devices are waited for one by one then.</param>
    public static ThroughputResult Measure(Workload workload, Device device, int steps, JobTimes? times)
    {
        var run = workload.On(device);
        device.Times = times;
        for (var i = 0; i < WarmUpSteps; i++) run.Take();
        times?.Clear();
        var seconds = new double[steps];
        for (var i = 0; i < steps; i++)
        {
            var start = Stopwatch.GetTimestamp();
            run.Take();
            seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        device.Times = null;
        Array.Sort(seconds);
        var median = (seconds[(steps - 1) / 2] + seconds[steps / 2]) / 2;
        // Before the ceiling is measured: that needs memory of its own on some devices.
        var peak = PeakBytes(device);
        var gflops = run.FlopsPerStep / median / 1e9;
        double? ceiling = Ceilings.CanMeasure(device) ? Ceilings.MeasureArithmetic(device) : null;
        return new(workload.Batch / median, 1e3 * median, 1e3 * seconds[0], peak / (1024.0 * 1024), gflops, 100 * gflops / ceiling) { Kernels = run.Recording.Kernels, Replay = run.Recording.Kind };
    }

    // On the CPU what the system says the process had resident at most, code and all; elsewhere what we hold on the device.
    private static long PeakBytes(Device device)
    {
        if (device is not CpuDevice) return device.Statistics.KeptBytes + device.Statistics.ArenaBytes;
        const string status = "/proc/self/status", key = "VmHWM:";
        var line = File.Exists(status) ? File.ReadLines(status).FirstOrDefault(text => text.StartsWith(key, StringComparison.Ordinal)) : null;
        return line is null
            ? Process.GetCurrentProcess().PeakWorkingSet64
            : 1024 * long.Parse(line[key.Length..].Replace("kB", "").Trim(), CultureInfo.InvariantCulture);
    }
}

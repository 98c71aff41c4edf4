using System.Diagnostics;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Measures what a device can do at most: arithmetic from registers, and traffic over arrays far larger than any cache.</summary>
/// <remarks>The best of many short runs counts: other programs on the machine can only slow a run down.</remarks>
public static class Ceilings
{
    private const int LeastRuns = 8;
    private static readonly TimeSpan LeastTime = TimeSpan.FromSeconds(0.4);

    /// <summary>
    /// Whether measuring makes sense. ILGPU's emulator runs each work item as a thread of the system: it is for debugging.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <returns>False for the emulator.</returns>
    public static bool CanMeasure(Device device) => device.Name != "emulator";

    /// <summary>Measures arithmetic and bandwidth. Takes about two seconds and half a gigabyte of the device's memory.</summary>
    /// <param name="device">An idle device.</param>
    /// <returns>The ceilings.</returns>
    /// <exception cref="UserErrorException">The device is the emulator, or has too little memory.</exception>
    public static DeviceCeilings Measure(Device device)
    {
        var gflops = MeasureArithmetic(device);
        if (device is CpuDevice cpu)
        {
            using var traffic = new CpuTraffic(cpu);
            return new(gflops, traffic.Copy(), traffic.StreamingCopy(), traffic.Read());
        }
        using var gpuTraffic = new GpuTraffic((GpuDevice)device);
        return new(gflops, gpuTraffic.Copy(), null, gpuTraffic.Read());
    }

    /// <summary>Measures the peak rate of multiply-adds alone, which needs no memory.</summary>
    /// <param name="device">An idle device.</param>
    /// <returns>10⁹ fp32 operations per second.</returns>
    /// <exception cref="UserErrorException">The device is the emulator.</exception>
    public static double MeasureArithmetic(Device device)
    {
        if (!CanMeasure(device)) throw new UserErrorException("The emulator is for debugging kernels; its speed says nothing. Measure cpu, cuda or opencl.");
        return device is CpuDevice cpu ? CpuArithmetic.Measure(cpu) : GpuArithmetic.Measure((GpuDevice)device);
    }

    /// <summary>Seconds of the fastest of many runs, after one that warms up.</summary>
    internal static double Fastest(Action run)
    {
        run();
        var best = double.MaxValue;
        var begin = Stopwatch.GetTimestamp();
        for (var runs = 0; runs < LeastRuns || Stopwatch.GetElapsedTime(begin) < LeastTime; runs++)
        {
            var start = Stopwatch.GetTimestamp();
            run();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }
}

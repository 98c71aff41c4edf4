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
        return new(gflops, gpuTraffic.Copy(), null, gpuTraffic.Read()) { Tf32Gflops = MeasureTensorCores(device, Precision.Tf32), Bf16Gflops = MeasureTensorCores(device, Precision.Bf16) };
    }

    /// <summary>Measures the peak rate of the tensor cores' products.</summary>
    /// <param name="device">An idle device.</param>
    /// <param name="precision">Tf32 or bf16.</param>
    /// <returns>10⁹ operations per second; null where there are no tensor cores that take both (CUDA before sm_80), or for fp32.</returns>
    public static double? MeasureTensorCores(Device device, Precision precision) => device is not GpuDevice { Accelerator: ILGPU.Runtime.Cuda.CudaAccelerator accelerator } cuda || accelerator.Architecture < ILGPU.Runtime.Cuda.CudaArchitecture.SM_80 ? null : precision switch
    {
        Precision.Tf32 => cuda.Kernels(static gpu => new GpuTensorArithmetic<Ptx, Tf32Element>(gpu)).Measure(),
        Precision.Bf16 when Warpgroups.AreOf(accelerator.Architecture, accelerator.InstructionSet) =>
            cuda.Kernels(static gpu => new GpuWarpgroupArithmetic<Ptx>(gpu)).Measure(),
        Precision.Bf16 => cuda.Kernels(static gpu => new GpuTensorArithmetic<Ptx, Bf16Element>(gpu)).Measure(),
        _ => null,
    };

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

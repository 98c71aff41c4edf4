using System.Diagnostics;
using System.Reflection;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace LpcEngine.Engine;

/// <summary>Loads a device's kernels, from the disk where they have been kept.</summary>
internal sealed class KernelLoader
{
    private readonly Accelerator accelerator;
    private readonly KernelCache? cache;
    private readonly Dictionary<(MethodInfo Method, KernelSpecialization Specialization), Kernel> loaded = [];

    public KernelLoader(Accelerator accelerator)
    {
        this.accelerator = accelerator;
        cache = accelerator switch
        {
            CudaAccelerator cuda => new KernelCache(cuda.Backend, "", KernelFolder.OfUser()),
            CLAccelerator opencl => new KernelCache(opencl.Backend, Describe(opencl), KernelFolder.OfUser()),
            _ => null, // the emulator's kernels are .NET's own code
        };
    }

    /// <summary>What it has cost so far.</summary>
    public KernelStatistics Statistics { get; private set; }

    /// <summary>Loads a kernel; two classes that use the same one share it.</summary>
    /// <param name="method">A static method written for groups.</param>
    /// <param name="specialization">Bounds of its launches.</param>
    /// <returns>The kernel.</returns>
    /// <exception cref="AcceleratorException">The driver refuses it.</exception>
    public Kernel Load(MethodInfo method, KernelSpecialization specialization)
    {
        if (loaded.TryGetValue((method, specialization), out var kernel)) return kernel;
        var entry = EntryPointDescription.FromExplicitlyGroupedKernel(method);
        kernel = FromDisk(entry, specialization) ?? Compiled(entry, specialization);
        loaded.Add((method, specialization), kernel);
        return kernel;
    }

    private Kernel? FromDisk(EntryPointDescription entry, KernelSpecialization specialization)
    {
        if (!specialization.IsCompatibleWith(accelerator) || Timed(() => cache?.Find(entry, specialization), inDriver: false) is not { } kept) return null;
        try
        {
            var kernel = Timed(() => accelerator.LoadKernel(kept), inDriver: true);
            Statistics = Statistics with { FromDisk = Statistics.FromDisk + 1 };
            return kernel;
        }
        catch (AcceleratorException)
        {
            // What is kept may be at fault, however unlikely; what is compiled anew replaces it.
            return null;
        }
    }

    private Kernel Compiled(EntryPointDescription entry, KernelSpecialization specialization)
    {
        var compiled = Timed(() => Compile(accelerator, entry, specialization), inDriver: false);
        var kernel = Timed(() => accelerator.LoadKernel(compiled), inDriver: true);
        var isKept = Timed(() => cache?.Keep(compiled) ?? false, inDriver: false);
        Statistics = Statistics with { Compiled = Statistics.Compiled + 1, Kept = Statistics.Kept + (isKept ? 1 : 0) };
        return kernel;
    }

    /// <summary>A kernel's text as it is loaded: ILGPU's, adjusted.</summary>
    internal static CompiledKernel Compile(Accelerator accelerator, EntryPointDescription entry, KernelSpecialization specialization)
    {
        var compiled = accelerator.CompileKernel(entry, specialization);
        if (compiled is PTXCompiledKernel assembly) CudaAdjustments.Adjust(assembly);
        if (compiled is CLCompiledKernel source) OpenClAdjustments.Adjust(source);
        return compiled;
    }

    private T Timed<T>(Func<T> work, bool inDriver)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            return work();
        }
        finally
        {
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Statistics = inDriver ? Statistics with { DriverSeconds = Statistics.DriverSeconds + seconds } : Statistics with { CompilerSeconds = Statistics.CompilerSeconds + seconds };
        }
    }

    private static string Describe(CLAccelerator opencl) =>
        $"{opencl.Name} of {opencl.PlatformName} {opencl.PlatformVersion}, driver {CLAPI.CurrentAPI.GetDeviceInfo(opencl.DeviceId, CLDeviceInfoType.CL_DRIVER_VERSION)}, {opencl.WarpSize} in step";
}

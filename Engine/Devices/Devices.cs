using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace LpcEngine.Engine;

/// <summary>Finds and opens devices by the names of <c>--device</c>: auto, cpu, cuda[:i], opencl[:i], emulator.</summary>
public static class Devices
{
    /// <summary>Opens a device.</summary>
    /// <param name="name">auto (cuda if there is one, else cpu), cpu, cuda, cuda:i, opencl, opencl:i or emulator.</param>
    /// <param name="threads">Threads of the cpu device; 0 means one a core.</param>
    /// <returns>The device; it starts empty.</returns>
    /// <exception cref="UserErrorException">The name is unknown, or the machine has no such device.</exception>
    public static Device Open(string name, int threads = 0)
    {
        var (kind, index) = Parse(name);
        return kind switch
        {
            "auto" => CudaCount() > 0 ? OpenCuda(0) : new CpuDevice(threads),
            "cpu" => new CpuDevice(threads),
            "cuda" => OpenCuda(index),
            "opencl" => OpenOpenCL(index),
            _ => OpenEmulator(),
        };
    }

    /// <summary>The names of all devices of this machine, cpu first.</summary>
    /// <returns>Names that <see cref="Open"/> takes.</returns>
    public static IReadOnlyList<string> Available()
    {
        var names = new List<string> { "cpu" };
        for (var i = 0; i < CudaCount(); i++) names.Add($"cuda:{i}");
        for (var i = 0; i < OpenCLCount(); i++) names.Add($"opencl:{i}");
        names.Add("emulator");
        return names;
    }

    private static (string Kind, int Index) Parse(string name)
    {
        var parts = name.Split(':');
        var index = 0;
        var known = parts[0] is "auto" or "cpu" or "cuda" or "opencl" or "emulator";
        var indexed = parts.Length == 2 && parts[0] is "cuda" or "opencl" && int.TryParse(parts[1], out index) && index >= 0;
        return known && (parts.Length == 1 || indexed)
            ? (parts[0], index)
            : throw new UserErrorException($"Unknown device '{name}'; known are auto, cpu, cuda, cuda:i, opencl, opencl:i and emulator.");
    }

    private static int CudaCount() => Count(static () =>
    {
        using var context = CudaContext();
        return context.GetCudaDevices().Count;
    });

    private static int OpenCLCount() => Count(static () =>
    {
        using var context = OpenCLContext();
        return context.GetCLDevices().Count;
    });

    // A missing, half-installed or too old driver means no such devices, whatever ILGPU or the loader of libraries makes of it. Asking for one by name tells why.
    private static int Count(Func<int> count)
    {
        try { return count(); }
        catch (Exception problem) when (IsDriverProblem(problem)) { return 0; }
    }

    private static bool IsDriverProblem(Exception problem) => problem is AcceleratorException or NotSupportedException or DllNotFoundException
        or EntryPointNotFoundException or BadImageFormatException or TypeInitializationException;

    private static Device OpenCuda(int index)
    {
        Context? context = null;
        var count = 0;
        try
        {
            context = CudaContext();
            var found = context.GetCudaDevices();
            count = found.Count;
            if (index < count)
            {
                var accelerator = found[index].CreateCudaAccelerator(context);
                CudaAdjustments.RaiseTarget(accelerator.Capabilities, accelerator.Architecture);
                return new GpuDevice($"cuda:{index}", context, accelerator);
            }
        }
        catch (Exception problem) when (IsDriverProblem(problem))
        {
            context?.Dispose();
            throw Refused($"cuda:{index}", problem);
        }
        context.Dispose();
        throw Missing($"cuda:{index}", count, "CUDA", "It needs an NVIDIA GPU and its driver (libcuda.so.1)");
    }

    private static Device OpenOpenCL(int index)
    {
        Context? context = null;
        var count = 0;
        try
        {
            context = OpenCLContext();
            var found = context.GetCLDevices();
            count = found.Count;
            if (index < count) return new GpuDevice($"opencl:{index}", context, found[index].CreateCLAccelerator(context));
        }
        catch (Exception problem) when (IsDriverProblem(problem))
        {
            context?.Dispose();
            throw Refused($"opencl:{index}", problem);
        }
        context.Dispose();
        throw Missing($"opencl:{index}", count, "OpenCL", "On Debian, 'apt-get install pocl-opencl-icd ocl-icd-libopencl1' brings one that runs on the processor");
    }

    // Tile kernels use work groups of up to 256 threads; ILGPU's emulator runs each as a thread of the system.
    private static Device OpenEmulator()
    {
        var context = Context.Create(builder => builder.CPU(new CPUDevice(4, 64, 1)).EnableAlgorithms().Optimize(OptimizationLevel.O2));
        return new GpuDevice("emulator", context, context.GetCPUDevice(0).CreateCPUAccelerator(context));
    }

    private static UserErrorException Missing(string name, int count, string kind, string hint) =>
        new($"Device '{name}' is not there: this machine has {count} {kind} device{(count == 1 ? "" : "s")}. {hint}; 'cpu' runs everywhere.");

    private static UserErrorException Refused(string name, Exception problem) =>
        new($"Device '{name}' can't be opened: {(problem.InnerException ?? problem).Message.ReplaceLineEndings(" ").TrimEnd('.')}. Check its driver, or use 'cpu', which runs everywhere.", problem);

    private static Context CudaContext() => Context.Create(builder => builder.Cuda().EnableAlgorithms().Optimize(OptimizationLevel.O2));

    private static Context OpenCLContext()
    {
        PoclAdjustments.Silence();
        return Context.Create(builder => builder.OpenCL(PoclAdjustments.Accept).EnableAlgorithms().Optimize(OptimizationLevel.O2));
    }
}

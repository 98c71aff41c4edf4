using ILGPU;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.OpenCL;

namespace LpcEngine.Engine;

/// <summary>Finds and opens devices by the names of <c>--device</c>: auto, cpu, cuda[:i], opencl[:i], emulator.</summary>
public static class Devices
{
    /// <summary>The names that stand for a kind of device; after cuda and opencl, an index may follow.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["auto", "cpu", "cuda", "opencl", "emulator"];

    /// <summary>Opens a device.</summary>
    /// <param name="name">auto (the first cuda device that can be used, else cpu), cpu, cuda, cuda:i, opencl, opencl:i or emulator.</param>
    /// <param name="threads">Threads of the cpu device; 0 means one a core.</param>
    /// <returns>The device; it starts empty.</returns>
    /// <exception cref="UserErrorException">The name is unknown, or the machine has no such device.</exception>
    /// <remarks>Where auto passes a CUDA device over because it is busy, its driver fails, or ILGPU writes no code for it, a line on standard error says so.</remarks>
    public static Device Open(string name, int threads = 0)
    {
        var (kind, index) = Parse(name);
        return kind switch
        {
            "auto" => Automatic(CudaSearch.Run(), Console.Error) ?? new CpuDevice(threads),
            "cpu" => new CpuDevice(threads),
            "cuda" => OpenCuda(CudaSearch.Run(), index),
            "opencl" => OpenOpenCL(index),
            _ => OpenEmulator(),
        };
    }

    /// <summary>Refuses a name that is no device's on any machine, and opens nothing.</summary>
    /// <param name="name">As <see cref="Open"/> takes it.</param>
    /// <exception cref="UserErrorException">The name is unknown.</exception>
    public static void CheckName(string name) => Parse(name);

    /// <summary>The names of all devices of this machine, cpu first.</summary>
    /// <returns>Names that <see cref="Open"/> takes.</returns>
    public static IReadOnlyList<string> Available() => Available(out _);

    /// <summary>The names of all devices of this machine, cpu first, and why there are not more.</summary>
    /// <param name="objections">A sentence without a full stop for each CUDA device that can't be used, or for a driver that doesn't answer.</param>
    /// <returns>Names that <see cref="Open"/> takes.</returns>
    public static IReadOnlyList<string> Available(out IReadOnlyList<string> objections)
    {
        // Asked once each: counting makes a context of ILGPU's, which takes a while.
        var search = CudaSearch.Run();
        objections = search.Objections;
        var (cuda, opencl) = (search.Usable.Count, OpenCLCount());
        return ["cpu", .. Enumerable.Range(0, cuda).Select(i => $"cuda:{i}"), .. Enumerable.Range(0, opencl).Select(i => $"opencl:{i}"), "emulator"];
    }

    private static Device? Automatic(CudaSearch search, TextWriter notices)
    {
        foreach (var objection in search.Objections) notices.WriteLine($"Passed over: {objection}.");
        return FirstUsable(search.Usable.Count, index => OpenCuda(search, index), notices);
    }

    /// <summary>The first of a number of devices that opens; a line for each one before it.</summary>
    internal static Device? FirstUsable(int count, Func<int, Device> open, TextWriter notices)
    {
        for (var i = 0; i < count; i++)
        {
            try { return open(i); }
            catch (UserErrorException problem) { notices.WriteLine($"Passed over: {problem.Message}"); }
        }
        return null;
    }

    private static (string Kind, int Index) Parse(string name)
    {
        var parts = name.Split(':');
        var index = 0;
        var known = Kinds.Contains(parts[0]);
        var indexed = parts.Length == 2 && parts[0] is "cuda" or "opencl" && int.TryParse(parts[1], out index) && index >= 0;
        return known && (parts.Length == 1 || indexed)
            ? (parts[0], index)
            : throw new UserErrorException($"Unknown device '{name}'; known are auto, cpu, cuda, cuda:i, opencl, opencl:i and emulator.{NearMiss.Question(name, Kinds)}");
    }

    private static int OpenCLCount()
    {
        try
        {
            using var context = OpenCLContext();
            return context.GetCLDevices().Count;
        }
        catch (Exception problem) when (DriverFaults.IsDriver(problem))
        {
            // Whatever ILGPU or the loader of libraries makes of a missing driver. Asking for a device by name tells why.
            return 0;
        }
    }

    private static Device OpenCuda(CudaSearch search, int index)
    {
        var name = $"cuda:{index}";
        if (index >= search.Usable.Count) throw search.Missing(name);
        var context = Context.Create(builder => builder.EnableAlgorithms().Optimize(OptimizationLevel.O2));
        try
        {
            var accelerator = search.Usable[index].CreateCudaAccelerator(context);
            CudaAdjustments.RaiseTarget(accelerator.Capabilities, accelerator.Architecture);
            return new GpuDevice(name, context, accelerator);
        }
        catch (Exception problem) when (DriverFaults.IsDriver(problem))
        {
            GpuDevice.Try(context.Dispose);
            throw Refused(name, problem);
        }
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
        catch (Exception problem) when (DriverFaults.IsDriver(problem))
        {
            context?.Dispose();
            throw Refused($"opencl:{index}", problem);
        }
        context.Dispose();
        throw new UserErrorException(
            $"Device 'opencl:{index}' is not there: this machine has {count} OpenCL device{(count == 1 ? "" : "s")}. On Debian, 'apt-get install pocl-opencl-icd ocl-icd-libopencl1' brings one that runs on the processor; 'cpu' runs everywhere.");
    }

    // Tile kernels use work groups of up to 256 threads; ILGPU's emulator runs each as a thread of the system.
    private static Device OpenEmulator()
    {
        var context = Context.Create(builder => builder.CPU(new CPUDevice(4, 64, 1)).EnableAlgorithms().Optimize(OptimizationLevel.O2));
        return new GpuDevice("emulator", context, context.GetCPUDevice(0).CreateCPUAccelerator(context));
    }

    private static UserErrorException Refused(string name, Exception problem) =>
        new($"Device '{name}' can't be opened: {DriverFaults.Words(problem)}. Check its driver, or use 'cpu', which runs everywhere.", problem);

    private static Context OpenCLContext()
    {
        PoclAdjustments.Silence();
        return Context.Create(builder => builder.OpenCL(PoclAdjustments.Accept).EnableAlgorithms().Optimize(OptimizationLevel.O2));
    }
}

using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;

namespace LpcEngine.Engine;

/// <summary>The CUDA devices of this machine, and why those that can't be used can't.</summary>
/// <param name="Usable">Those that can, in the driver's order.</param>
/// <param name="Objections">A sentence for each other one, or for the driver that doesn't answer.</param>
/// <param name="Needed">What a machine without any lacks, a sentence.</param>
internal sealed record CudaSearch(IReadOnlyList<CudaDevice> Usable, IReadOnlyList<string> Objections, string Needed)
{
    private const string Everything = "It needs an NVIDIA GPU and its driver (libcuda.so.1)";

    /// <summary>Asks the driver, if there is one.</summary>
    /// <remarks>What <c>builder.Cuda()</c> would take, without what it does on WSL (see <see cref="NativeLibraries"/>): GPUs for which this ILGPU can write code.</remarks>
    public static CudaSearch Run()
    {
        CudaAdjustments.KeepBinaries();
        var verdicts = new Dictionary<int, string?>();
        CudaDevice[] usable = [];
        try
        {
            usable = [.. CudaDevice.GetDevices(device => (verdicts[device.DeviceId] = ObjectionTo(device.Name, device.InstructionSet, device.DriverVersion.ToString())) is null).OfType<CudaDevice>()];
        }
        catch (Exception problem) when (DriverFaults.IsDriver(problem) || problem is InvalidOperationException)
        {
            // The driver itself is asked for the reason.
        }
        var (objections, needed) = Explain(NativeLibraries.HasCuda ? new CudaDriver() : null, verdicts);
        return new(usable, objections, needed);
    }

    /// <summary>Why not all GPUs can be used.</summary>
    /// <param name="driver">NVIDIA's driver; null where there is none.</param>
    /// <param name="verdicts">For each GPU that ILGPU has looked at, by its number, the objection to it or null.</param>
    /// <returns>The objections, and what a machine without a GPU that can be used lacks.</returns>
    public static (IReadOnlyList<string> Objections, string Needed) Explain(ICudaDriver? driver, IReadOnlyDictionary<int, string?> verdicts)
    {
        if (driver is null) return ([], Everything);
        try
        {
            var answer = driver.Start();
            var count = 0;
            if (answer == CudaError.CUDA_SUCCESS) answer = driver.Count(out count);
            if (answer == CudaError.CUDA_ERROR_NO_DEVICE || (answer == CudaError.CUDA_SUCCESS && count == 0)) return ([], "NVIDIA's driver is there, but finds no GPU");
            if (answer != CudaError.CUDA_SUCCESS) return ([$"NVIDIA's driver answers {answer}"], Everything);
            return ([.. Enumerable.Range(0, count).Select(index => verdicts.TryGetValue(index, out var verdict) ? verdict : Unseen(index)).OfType<string>()], Everything);
        }
        catch (Exception problem) when (DriverFaults.IsDriver(problem))
        {
            return ([$"NVIDIA's driver doesn't answer: {DriverFaults.Words(problem)}"], Everything);
        }

        string Unseen(int index)
        {
            var (name, major, minor) = driver.Describe(index);
            return $"ILGPU doesn't get as far as GPU {index} ({(name.Length > 0 ? name : "it doesn't tell its name")}, compute capability {major}.{minor})";
        }
    }

    /// <summary>Why a GPU that ILGPU knows can't be used; null where it can.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="instructions">The version of assembly that ILGPU would write for it and its driver; null where there is none.</param>
    /// <param name="driver">The driver's version.</param>
    public static string? ObjectionTo(string name, CudaInstructionSet? instructions, string driver) =>
        instructions is { } written && PTXCodeGenerator.SupportedInstructionSets.Contains(written) ? null : $"ILGPU writes no code for {name} with driver {driver}";

    /// <summary>The error for a device that isn't among those that can be used.</summary>
    /// <param name="name">What was asked for.</param>
    public UserErrorException Missing(string name)
    {
        var count = $"{Usable.Count} CUDA device{(Usable.Count == 1 ? "" : "s")}";
        return new(Objections.Count == 0
            ? $"Device '{name}' is not there: this machine has {count}. {Needed}; 'cpu' runs everywhere."
            : $"Device '{name}' is not there: this machine has {count} that can be used. {string.Join(". ", Objections)}. 'cpu' runs everywhere.");
    }
}

using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;

namespace LpcEngine.Engine;

/// <summary>The CUDA devices of this machine, and why those that can't be used can't.</summary>
/// <param name="Usable">Those that can, in the driver's order.</param>
/// <param name="Objections">A sentence for each other one, or for the driver that didn't answer.</param>
internal sealed record CudaSearch(IReadOnlyList<CudaDevice> Usable, IReadOnlyList<string> Objections)
{
    /// <summary>Asks the driver, if there is one.</summary>
    /// <remarks>What <c>builder.Cuda()</c> would take, without what it does on WSL (see <see cref="NativeLibraries"/>): GPUs for which this ILGPU can write code.</remarks>
    public static CudaSearch Run()
    {
        CudaAdjustments.KeepBinaries();
        var objections = new List<string>();
        try
        {
            var usable = CudaDevice.GetDevices(device =>
            {
                var objection = ObjectionTo(device.Name, device.Architecture, device.InstructionSet, device.DriverVersion.ToString());
                if (objection is not null) objections.Add(objection);
                return objection is null;
            });
            return new([.. usable.OfType<CudaDevice>()], objections);
        }
        catch (Exception problem) when (DriverFaults.IsDriver(problem) || problem is InvalidOperationException)
        {
            return new([], NativeLibraries.HasCuda ? [$"NVIDIA's driver doesn't answer: {DriverFaults.Words(problem)}"] : []);
        }
    }

    /// <summary>Why a GPU can't be used; null where it can.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="architecture">Its architecture, where ILGPU knows it.</param>
    /// <param name="instructions">The version of assembly that its driver takes and ILGPU would write for it.</param>
    /// <param name="driver">The driver's version.</param>
    public static string? ObjectionTo(string name, CudaArchitecture? architecture, CudaInstructionSet? instructions, string driver)
    {
        if (architecture is null) return $"{name} is of an architecture that ILGPU doesn't know";
        return instructions is { } written && PTXCodeGenerator.SupportedInstructionSets.Contains(written) ? null : $"ILGPU writes no code for {name} ({architecture}) with driver {driver}";
    }

    /// <summary>The error for a device that isn't among those that can be used.</summary>
    /// <param name="name">What was asked for.</param>
    public UserErrorException Missing(string name)
    {
        var count = $"{Usable.Count} CUDA device{(Usable.Count == 1 ? "" : "s")}";
        return new(Objections.Count == 0
            ? $"Device '{name}' is not there: this machine has {count}. It needs an NVIDIA GPU and its driver (libcuda.so.1); 'cpu' runs everywhere."
            : $"Device '{name}' is not there: this machine has {count} that can be used. {string.Join(". ", Objections)}. 'cpu' runs everywhere.");
    }
}

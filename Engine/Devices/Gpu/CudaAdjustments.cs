using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;

namespace LpcEngine.Engine;

/// <summary>Lets ILGPU write code for Hopper and newer, and the driver keep what it makes of it.</summary>
/// <remarks>
/// ILGPU 1.5.3 states the lowest target that has all the features it uses itself, at most sm_80, whatever the GPU is; the driver translates that as well, but
/// instructions of sm_90 are refused. The target is only stored, so it is raised before the first kernel is compiled. sm_90 is also what newer GPUs get:
/// their drivers translate it, and only kernels that are chosen for Hopper itself ask for more (<see cref="Adjust"/>).
/// </remarks>
internal static partial class CudaAdjustments
{
    // The driver's own bound; older ones would keep a quarter of it.
    private const string BinaryBytes = "1073741824";

    /// <summary>Has the driver keep its binaries beside our texts, unless the user has said where. Before the first call to it.</summary>
    public static void KeepBinaries()
    {
        if (!NativeLibraries.HasCuda || CacheFolder.Find() is not { } cache || Path.Combine(cache, "cuda") is var folder && !CacheFolder.Make(folder)) return;
        NativeEnvironment.Offer("CUDA_CACHE_PATH", folder);
        NativeEnvironment.Offer("CUDA_CACHE_MAXSIZE", BinaryBytes);
    }

    /// <summary>Raises the target to sm_90 on GPUs that have it.</summary>
    public static void RaiseTarget(CudaCapabilityContext capabilities, CudaArchitecture architecture)
    {
        if (architecture < CudaArchitecture.SM_90) return;
        const string name = "TargetArchitecture";
        var setter = typeof(CudaCapabilityContext).GetProperty(name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)?.GetSetMethod(nonPublic: true)
            ?? throw new InvalidOperationException($"ILGPU's CudaCapabilityContext.{name} can no longer be set; this ILGPU is not the version that the adjustment was written for.");
        setter.Invoke(capabilities, [CudaArchitecture.SM_90]);
    }

    /// <summary>Changes a compiled kernel's text before it is loaded: operands of inline assembly become registers (<see cref="RegisterSlots"/>), and a kernel with instructions that Hopper alone has says so.</summary>
    /// <remarks>Such code runs on no other GPU, newer ones included, so the target of all others must not be that; and ILGPU has no word for it.</remarks>
    public static void Adjust(PTXCompiledKernel kernel)
    {
        var text = typeof(PTXCompiledKernel).GetField("<PTXAssembly>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic)
            ?? throw new InvalidOperationException("ILGPU's PTXCompiledKernel.PTXAssembly can no longer be set; this ILGPU is not the version that the adjustment was written for.");
        var assembly = RegisterSlots.Rewrite(kernel.PTXAssembly);
        text.SetValue(kernel, assembly.Contains("wgmma.", StringComparison.Ordinal) ? Target().Replace(assembly, ".target sm_90a", 1) : assembly);
    }

    [GeneratedRegex(@"\.target sm_90\b")]
    private static partial Regex Target();
}

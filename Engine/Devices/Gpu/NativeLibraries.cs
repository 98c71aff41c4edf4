using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace LpcEngine.Engine;

/// <summary>Finds the drivers' libraries under the names that they really have.</summary>
/// <remarks>
/// ILGPU 1.5.3 asks for <c>libcuda.so</c> and <c>libOpenCL.so</c>. Those are links that only development packages bring; a container or a
/// plain Debian has <c>.so.1</c> alone, and ILGPU would silently find no device. Windows' Linux (WSL) keeps the driver in a folder of its own, for which ILGPU would
/// install a resolver each time its CUDA devices are enabled on a context, and fail because only one can be there. So <see cref="Devices"/> never enables them in that
/// way, and this one looks there too.
/// </remarks>
internal static class NativeLibraries
{
    /// <summary>What CUDA's driver is called in imports.</summary>
    public const string Cuda = "cuda";

    /// <summary>What OpenCL's loader is called in imports.</summary>
    public const string OpenCL = "OpenCL";

    /// <summary>Runs once, before any ILGPU context exists.</summary>
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255", Justification = "The resolver must be there before ILGPU's first call.")]
    internal static void Install()
    {
        if (!OperatingSystem.IsLinux()) return;
        NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);
        try { NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, Resolve); }
        catch (InvalidOperationException)
        {
            // A program that uses ILGPU beside this engine was first; its resolver serves both.
        }
    }

    /// <summary>Whether NVIDIA's driver is there.</summary>
    public static bool HasCuda => OperatingSystem.IsWindows() ? NativeLibrary.TryLoad("nvcuda.dll", out _) : Resolve("cuda", typeof(Context).Assembly, null) != 0;

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        string[] candidates = name switch { OpenCL => ["libOpenCL.so.1"], Cuda => ["libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1"], _ => [] };
        foreach (var candidate in candidates)
            if (NativeLibrary.TryLoad(candidate, out var handle)) return handle;
        return 0;
    }
}

using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace LpcEngine.Engine;

/// <summary>Finds the drivers' libraries under the names that they really have.</summary>
/// <remarks>
/// ILGPU 1.5.3 asks for <c>libcuda.so</c> and <c>libOpenCL.so</c>. Those are links that only development packages bring; a container or a
/// plain Debian has <c>.so.1</c> alone, and ILGPU would silently find no device.
/// </remarks>
internal static class NativeLibraries
{
    /// <summary>Runs once, before any ILGPU context exists.</summary>
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255", Justification = "The resolver must be there before ILGPU's first call.")]
    internal static void Install()
    {
        if (OperatingSystem.IsLinux()) NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, Resolve);
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        var versioned = name switch { "OpenCL" => "libOpenCL.so.1", "cuda" => "libcuda.so.1", _ => null };
        return versioned is not null && NativeLibrary.TryLoad(versioned, out var handle) ? handle : 0;
    }
}

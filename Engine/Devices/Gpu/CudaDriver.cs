using System.Runtime.InteropServices;
using ILGPU.Runtime.Cuda;

namespace LpcEngine.Engine;

/// <summary>What NVIDIA's driver says of its GPUs, before ILGPU asks: ILGPU passes over in silence what it can't use, and what comes after it.</summary>
internal interface ICudaDriver
{
    /// <summary>Starts the driver.</summary>
    CudaError Start();

    /// <summary>How many GPUs there are.</summary>
    CudaError Count(out int count);

    /// <summary>A GPU's name and compute capability; empty and 0.0 where the driver doesn't say.</summary>
    (string Name, int Major, int Minor) Describe(int index);
}

/// <summary>The driver itself.</summary>
internal sealed partial class CudaDriver : ICudaDriver
{
    // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR.
    private const int MajorAttribute = 75, MinorAttribute = 76;

    public CudaError Start() => (CudaError)Init(0);

    public CudaError Count(out int count) => (CudaError)GetCount(out count);

    public (string Name, int Major, int Minor) Describe(int index)
    {
        if (Get(out var device, index) != 0) return ("", 0, 0);
        var name = new byte[256];
        var length = GetName(name, name.Length, device) == 0 ? Array.IndexOf(name, (byte)0) : 0;
        return GetAttribute(out var major, MajorAttribute, device) == 0 && GetAttribute(out var minor, MinorAttribute, device) == 0
            ? (System.Text.Encoding.UTF8.GetString(name, 0, Math.Max(length, 0)), major, minor)
            : (System.Text.Encoding.UTF8.GetString(name, 0, Math.Max(length, 0)), 0, 0);
    }

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuInit")]
    private static partial int Init(uint flags);

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuDeviceGetCount")]
    private static partial int GetCount(out int count);

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuDeviceGet")]
    private static partial int Get(out int device, int index);

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuDeviceGetName")]
    private static partial int GetName([Out] byte[] name, int length, int device);

    [LibraryImport(NativeLibraries.Cuda, EntryPoint = "cuDeviceGetAttribute")]
    private static partial int GetAttribute(out int value, int attribute, int device);
}

using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace LpcEngine.Engine;

/// <summary>What the errors of drivers mean.</summary>
internal static class DriverFaults
{
    /// <summary>Whether a device that was asked for memory has too little of it. All else (a fault of an earlier kernel, a lost device) is no matter of size.</summary>
    /// <param name="problem">What allocating threw.</param>
    public static bool IsShortage(Exception problem) => problem switch
    {
        OutOfMemoryException => true,
        CudaException cuda => cuda.Error == nameof(CudaError.CUDA_ERROR_OUT_OF_MEMORY),
        // NVIDIA's OpenCL says "out of resources" where others say that an object could not be allocated.
        CLException opencl => opencl.Error is CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE or CLError.CL_OUT_OF_RESOURCES or CLError.CL_OUT_OF_HOST_MEMORY or CLError.CL_INVALID_BUFFER_SIZE,
        _ => false,
    };

    /// <summary>What a driver says, as a part of a sentence. ILGPU has no words for OpenCL's errors; their names are.</summary>
    /// <param name="problem">What ILGPU, or the loader of libraries, threw.</param>
    public static string Words(Exception problem) => (problem.InnerException ?? problem) switch
    {
        CLException opencl => $"OpenCL answers {opencl.Error}",
        var cause => cause.Message.ReplaceLineEndings(" ").TrimEnd('.'),
    };

    /// <summary>Whether a device could not be found or opened for a reason that lies in its driver: missing, half-installed, too old, or busy.</summary>
    /// <param name="problem">What ILGPU, or the loader of libraries, threw.</param>
    public static bool IsDriver(Exception problem) => problem is AcceleratorException or NotSupportedException or DllNotFoundException
        or EntryPointNotFoundException or BadImageFormatException or TypeInitializationException;
}

using System.Runtime.InteropServices;
using ILGPU.Runtime.Cuda;

namespace LpcEngine.Engine;

/// <summary>Host memory to which a device copies while the host does other things.</summary>
/// <remarks>
/// On CUDA it should be page-locked: into other memory the driver copies in pieces of its own, and the caller waits. Where the system gives none (a container may have a bound, a full machine has none left) it is
/// ordinary memory: the same numbers, later.
/// </remarks>
internal sealed unsafe class LandingPlace : IDisposable
{
    private readonly CudaAccelerator? locking;
    private byte* start;

    public LandingPlace(GpuDevice device, int bytes)
    {
        Bytes = bytes;
        if (device.Accelerator is CudaAccelerator cuda)
        {
            cuda.Bind();
            if (CudaAPI.CurrentAPI.AllocateHostMemory(out var locked, bytes) == CudaError.CUDA_SUCCESS)
            {
                start = (byte*)locked;
                locking = cuda;
            }
        }
        if (start is null) start = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
    }

    /// <summary>Its size.</summary>
    public int Bytes { get; }

    /// <summary>Its first byte.</summary>
    public byte* Start => start;

    /// <summary>Gives it back; no copy may be under way.</summary>
    public void Dispose()
    {
        var memory = start;
        start = null;
        if (memory is null) return;
        if (locking is null)
        {
            NativeMemory.AlignedFree(memory);
            return;
        }
        // A driver that has failed answers nothing and has taken its memory back.
        GpuDevice.Try(() =>
        {
            locking.Bind();
            CudaAPI.CurrentAPI.FreeHostMemory((nint)memory);
        });
    }
}

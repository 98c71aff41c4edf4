using System.Runtime.InteropServices;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace LpcEngine.Engine;

/// <summary>Copies between host memory and a device, through the drivers' own calls.</summary>
/// <remarks>ILGPU's copies wrap the host memory in a new object each time: garbage in every step. Its emulator, for debugging, may have it.</remarks>
internal static unsafe class HostCopies
{
    // Spans end at 2 GiB.
    private const int Piece = 1 << 20;

    /// <summary>Host memory to which the device can copy while the host does other things: on CUDA it must be page-locked, for else the driver copies in pieces of its own, and the caller waits.</summary>
    public static byte* Allocate(GpuDevice device, int bytes)
    {
        if (device.Accelerator is not CudaAccelerator cuda) return (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
        cuda.Bind();
        CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.AllocateHostMemory(out var host, bytes));
        return (byte*)host;
    }

    /// <summary>Gives back what <see cref="Allocate"/> gave.</summary>
    public static void Free(GpuDevice device, byte* host)
    {
        if (device.Accelerator is not CudaAccelerator cuda)
        {
            NativeMemory.AlignedFree(host);
            return;
        }
        cuda.Bind();
        CudaAPI.CurrentAPI.FreeHostMemory((nint)host); // a driver that has failed has taken it back already
    }

    /// <summary>Enqueues a copy of a tensor's bytes to the host; they are there once the stream has been waited for.</summary>
    public static void ToHost(GpuDevice device, Tensor tensor, byte* host)
    {
        var memory = ((GpuMemory)tensor.Memory).Buffer;
        switch (device.Accelerator)
        {
            case CLAccelerator:
                CLException.ThrowIfFailed(CLAPI.CurrentAPI.ReadBuffer(device.Stream, memory.NativePtr, false, (nint)tensor.ByteOffset, (nint)tensor.Bytes, (nint)host));
                break;
            case CudaAccelerator cuda:
                cuda.Bind();
                CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.MemcpyAsync((nint)host, memory.NativePtr + (nint)tensor.ByteOffset, (nint)tensor.Bytes, device.Stream));
                break;
            default:
                for (long at = 0; at < tensor.Bytes; at += Piece)
                {
                    var bytes = (int)Math.Min(Piece, tensor.Bytes - at);
                    memory.View.BaseView.SubView(tensor.ByteOffset + at, bytes).CopyToCPU(device.Stream, new Span<byte>(host + at, bytes));
                }
                break;
        }
    }

    /// <summary>Enqueues a copy of the host's bytes to a tensor; they may be changed once the stream has been waited for.</summary>
    public static void FromHost(GpuDevice device, Tensor tensor, byte* host)
    {
        var memory = ((GpuMemory)tensor.Memory).Buffer;
        switch (device.Accelerator)
        {
            case CLAccelerator:
                CLException.ThrowIfFailed(CLAPI.CurrentAPI.WriteBuffer(device.Stream, memory.NativePtr, false, (nint)tensor.ByteOffset, (nint)tensor.Bytes, (nint)host));
                break;
            case CudaAccelerator cuda:
                cuda.Bind();
                CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.MemcpyAsync(memory.NativePtr + (nint)tensor.ByteOffset, (nint)host, (nint)tensor.Bytes, device.Stream));
                break;
            default:
                for (long at = 0; at < tensor.Bytes; at += Piece)
                {
                    var bytes = (int)Math.Min(Piece, tensor.Bytes - at);
                    memory.View.BaseView.SubView(tensor.ByteOffset + at, bytes).CopyFromCPU(device.Stream, new ReadOnlySpan<byte>(host + at, bytes));
                }
                break;
        }
    }
}

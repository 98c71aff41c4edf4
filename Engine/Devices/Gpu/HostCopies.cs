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

using ILGPU;
using ILGPU.Runtime;

namespace LpcEngine.Engine;

/// <summary>A buffer on an ILGPU device.</summary>
public sealed class GpuMemory : DeviceMemory
{
    private GpuDevice? holder;

    internal GpuMemory(GpuDevice holder, MemoryBuffer1D<byte, Stride1D.Dense> buffer) : base(buffer.Length) => (this.holder, Buffer) = (holder, buffer);

    /// <summary>The buffer.</summary>
    public MemoryBuffer1D<byte, Stride1D.Dense> Buffer { get; }

    /// <inheritdoc/>
    /// <remarks>A driver that no longer answers is no reason to keep the rest.</remarks>
    public override void Dispose()
    {
        holder?.Released(Bytes);
        holder = null;
        GpuDevice.Try(Buffer.Dispose);
    }
}

using ILGPU;
using ILGPU.Runtime;

namespace LpcEngine.Engine;

/// <summary>A buffer on an ILGPU device.</summary>
public sealed class GpuMemory : DeviceMemory
{
    internal GpuMemory(MemoryBuffer1D<byte, Stride1D.Dense> buffer) : base(buffer.Length) => Buffer = buffer;

    /// <summary>The buffer.</summary>
    public MemoryBuffer1D<byte, Stride1D.Dense> Buffer { get; }

    /// <inheritdoc/>
    public override void Dispose() => Buffer.Dispose();
}

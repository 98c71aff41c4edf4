using System.Runtime.InteropServices;

namespace LpcEngine.Engine;

/// <summary>Native memory of the CPU device.</summary>
public sealed unsafe class CpuMemory : DeviceMemory
{
    private byte* pointer;

    internal CpuMemory(long bytes) : base(bytes)
    {
        pointer = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
    }

    /// <summary>The first byte, 64-byte aligned.</summary>
    public byte* Pointer => pointer;

    /// <inheritdoc/>
    public override void Dispose()
    {
        NativeMemory.AlignedFree(pointer);
        pointer = null;
    }
}

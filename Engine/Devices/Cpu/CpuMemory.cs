namespace LpcEngine.Engine;

/// <summary>Native memory of the CPU device.</summary>
public sealed unsafe class CpuMemory : DeviceMemory
{
    private byte* pointer;

    internal CpuMemory(long bytes) : base(bytes) => pointer = NativeMemory64.Allocate(bytes);

    /// <summary>The first byte, 64-byte aligned.</summary>
    public byte* Pointer => pointer;

    /// <inheritdoc/>
    public override void Dispose()
    {
        NativeMemory64.Free(pointer, Bytes);
        pointer = null;
    }
}

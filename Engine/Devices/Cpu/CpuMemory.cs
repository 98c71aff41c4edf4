namespace LpcEngine.Engine;

/// <summary>Native memory of the CPU device.</summary>
public sealed unsafe class CpuMemory : DeviceMemory
{
    private byte* pointer;

    internal CpuMemory(long bytes) : base(bytes)
    {
        try
        {
            pointer = NativeMemory64.Allocate(bytes);
        }
        catch (OutOfMemoryException problem)
        {
            throw new UserErrorException($"The machine has too little memory: {bytes >> 20:N0} MiB more are needed. Use a smaller --batch or --width.", problem);
        }
    }

    /// <summary>The first byte, 64-byte aligned.</summary>
    public byte* Pointer => pointer;

    /// <inheritdoc/>
    public override void Dispose()
    {
        NativeMemory64.Free(pointer, Bytes);
        pointer = null;
    }
}

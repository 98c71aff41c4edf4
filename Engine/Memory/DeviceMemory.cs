namespace LpcEngine.Engine;

/// <summary>One contiguous piece of a device's memory: what tensors are views into.</summary>
/// <param name="bytes">Its size.</param>
public abstract class DeviceMemory(long bytes) : IDisposable
{
    /// <summary>Size in bytes.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>Gives the memory back to the device. Called by the device; users never need to.</summary>
    public abstract void Dispose();
}

namespace LpcEngine.Engine;

/// <summary>One contiguous piece of a device's memory: what tensors are views into.</summary>
/// <param name="bytes">Its size.</param>
public abstract class DeviceMemory(long bytes) : IDisposable
{
    /// <summary>Size in bytes.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>How often its content was to be changed by anything but the kernels that first write a step's tensors (see <see cref="Tensor.MarkChanged"/>).</summary>
    internal int Changes { get; set; }

    /// <summary>Gives the memory back to the device. Called by the device; users never need to.</summary>
    public abstract void Dispose();
}

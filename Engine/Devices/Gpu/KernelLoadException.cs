namespace LpcEngine.Engine;

/// <summary>A device refused to compile or load kernels: an old driver, a broken installation, or too few resources.</summary>
/// <param name="device">The device's name, as given to <c>--device</c>.</param>
/// <param name="kernels">The class whose kernels failed.</param>
/// <param name="reason">The compiler's or driver's first complaint, in one line.</param>
/// <param name="inner">What ILGPU threw.</param>
public sealed class KernelLoadException(string device, string kernels, string reason, Exception inner)
    : UserErrorException($"Device '{device}' could not load the kernels of {kernels}: {reason}. Update its driver, or use another --device; 'cpu' runs everywhere.", inner)
{
    /// <summary>The device that refused.</summary>
    public string DeviceName { get; } = device;
}

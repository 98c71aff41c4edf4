namespace LpcEngine.Engine;

/// <summary>An operation has no kernel for this device at this precision.</summary>
/// <param name="operation">The operation.</param>
/// <param name="device">The device's name, as given to <c>--device</c>.</param>
/// <param name="precision">The precision that was asked for.</param>
public sealed class KernelMissingException(string operation, string device, Precision precision)
    : UserErrorException($"{operation}: no kernel for device '{device}' at precision {precision.ToString().ToLowerInvariant()}; fp32 runs on every device.")
{
    /// <summary>The operation without a kernel.</summary>
    public string Operation { get; } = operation;

    /// <summary>The device that lacks it.</summary>
    public string DeviceName { get; } = device;

    /// <summary>The precision that was asked for.</summary>
    public Precision Precision { get; } = precision;
}

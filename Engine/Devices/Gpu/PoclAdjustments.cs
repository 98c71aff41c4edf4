using ILGPU.Runtime.OpenCL;

namespace LpcEngine.Engine;

/// <summary>Lets ILGPU use PoCL, the OpenCL implementation that runs on any processor.</summary>
/// <remarks>
/// ILGPU 1.5.3 refuses devices without OpenCL's generic address space, although the code that it generates for our kernels (no atomics, no warp
/// operations) needs none; and it compiles for OpenCL C 1.2 when a device reports that version, under which dynamic shared memory does not build.
/// PoCL 3.1 is such a device. Both values are only stored, so they are corrected before an accelerator is made.
/// </remarks>
internal static class PoclAdjustments
{
    // PoCL's own options for its compiler; -w: no warnings.
    private const string FlagsVariable = "POCL_EXTRA_BUILD_FLAGS", NoWarnings = "-w";

    /// <summary>Keeps PoCL's compiler from writing "2 warnings generated." to standard error, where one line must be one error. Before the first program is built.</summary>
    public static void Silence() => NativeEnvironment.Offer(FlagsVariable, NoWarnings);

    /// <summary>Corrects a PoCL device's entries; the filter for ILGPU's OpenCL devices.</summary>
    public static bool Accept(CLDevice device)
    {
        if (device.PlatformName.Contains("Portable Computing"))
        {
            Set(device.Capabilities, nameof(device.Capabilities.GenericAddressSpace), true);
            Set(device, nameof(device.DeviceVersion), CLDeviceVersion.CL20);
        }
        return device.Capabilities.GenericAddressSpace;
    }

    private static void Set(object target, string property, object value)
    {
        var setter = target.GetType().GetProperty(property)?.GetSetMethod(nonPublic: true)
            ?? throw new InvalidOperationException($"ILGPU's {target.GetType().Name}.{property} can no longer be set; this ILGPU is not the version that the adjustment was written for.");
        setter.Invoke(target, [value]);
    }
}

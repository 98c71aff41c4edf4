namespace LpcEngine.Engine;

/// <summary>What loading its kernels has cost a device so far.</summary>
/// <param name="Compiled">Kernels that ILGPU compiled.</param>
/// <param name="Kept">How many of those are on the disk for the next start.</param>
/// <param name="FromDisk">Kernels whose text came from the disk.</param>
/// <param name="CompilerSeconds">Seconds spent on texts: by ILGPU's compiler, or reading files.</param>
/// <param name="DriverSeconds">Seconds spent on loading them: by the driver's compiler, or its own cache.</param>
public readonly record struct KernelStatistics(int Compiled, int Kept, int FromDisk, double CompilerSeconds, double DriverSeconds)
{
    /// <summary>All kernels.</summary>
    public int Count => Compiled + FromDisk;

    /// <summary>Seconds in all.</summary>
    public double Seconds => CompilerSeconds + DriverSeconds;
}

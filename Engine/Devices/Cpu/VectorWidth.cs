using System.Runtime.Intrinsics;

namespace LpcEngine.Engine;

/// <summary>The one place that decides how wide the processor's vectors are taken to be, for every loop that this project vectorises by hand.</summary>
public static class VectorWidth
{
    /// <summary>The environment variable that narrows the vectors.</summary>
    public const string Variable = "LPC_SIMD";

    /// <summary>Floats in the widest vector that this processor computes with: 16, 8 or 4.</summary>
    public static int SupportedLanes { get; } = Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4;

    /// <summary>Floats in the widest vector that is used: the supported width, or less.</summary>
    /// <remarks>The environment variable LPC_SIMD = 512, 256 or 128 narrows it for a process; setting it, for a test. More than supported means supported.</remarks>
    public static int Lanes
    {
        get;
        set => field = Math.Min(value, SupportedLanes);
    } = Math.Min(SupportedLanes, Requested());

    private static int Requested() => Environment.GetEnvironmentVariable(Variable) switch
    {
        "256" => 8,
        "128" => 4,
        _ => 16,
    };
}

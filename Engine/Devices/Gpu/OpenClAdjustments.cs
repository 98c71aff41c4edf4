using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU.Backends.OpenCL;

namespace LpcEngine.Engine;

/// <summary>Makes a barrier in OpenCL one for shared memory as well.</summary>
/// <remarks>
/// At a barrier OpenCL C makes visible to the group what was written to the memories that the barrier names, and ILGPU 1.5.3 names the device's memory alone. Most of our barriers stand between writing a tile in shared (OpenCL: local) memory
/// and reading it. PoCL orders both in any case; another compiler may take the program at its word.
/// </remarks>
internal static partial class OpenClAdjustments
{
    private const string Both = "CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE";

    /// <summary>Changes a compiled kernel's text before it is loaded.</summary>
    public static void Adjust(CLCompiledKernel kernel)
    {
        var text = typeof(CLCompiledKernel).GetField("<Source>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic)
            ?? throw new InvalidOperationException("ILGPU's CLCompiledKernel.Source can no longer be set; this ILGPU is not the version that the adjustment was written for.");
        // Both are there already in a kernel that ILGPU has compiled before and kept.
        text.SetValue(kernel, Barrier().Replace(kernel.Source, match => match.Groups[1].Value is "CLK_GLOBAL_MEM_FENCE" or Both
            ? $"work_group_barrier({Both})"
            : throw new InvalidOperationException($"ILGPU wrote {match.Value}; this ILGPU is not the version that the adjustment was written for.")));
    }

    [GeneratedRegex(@"work_group_barrier\s*\(\s*([^)]*?)\s*\)")]
    private static partial Regex Barrier();
}

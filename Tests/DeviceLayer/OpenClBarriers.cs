using System.Reflection;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace LpcEngine.Tests.DeviceLayer;

/// <summary>A barrier in OpenCL's text is one for shared memory and for the device's.</summary>
public sealed class OpenClBarriers
{
    private static IEnumerable<MethodInfo> Kernels =>
    [
        typeof(TileColumnsGpu).GetMethod(nameof(TileColumnsGpu.ProductKernel))!.MakeGenericMethod(typeof(Tile8x4), typeof(MatrixColumnSlices)),
        typeof(TileColumnsGpu).GetMethod(nameof(TileColumnsGpu.ProductKernel))!.MakeGenericMethod(typeof(Tile4x4), typeof(TapColumnSlices)),
        typeof(TileRowsGpu).GetMethod(nameof(TileRowsGpu.ProductKernel))!.MakeGenericMethod(typeof(Tile8x4), typeof(TapRowSlices), typeof(Overwriting)),
        typeof(ShuffleGpu).GetMethod("Link", BindingFlags.Static | BindingFlags.NonPublic)!,
    ];

    [Test]
    public void Every_barrier_orders_both_memories()
    {
        var name = TestDevices.Names.FirstOrDefault(name => name.StartsWith("opencl", StringComparison.Ordinal));
        if (name is null) Assert.Ignore("this machine has no OpenCL device");
        var accelerator = ((GpuDevice)TestDevices.Get(name!)).Accelerator;
        // Twice: ILGPU keeps what it has compiled.
        foreach (var kernel in Kernels.Concat(Kernels))
        {
            var compiled = (CLCompiledKernel)KernelLoader.Compile(accelerator, EntryPointDescription.FromExplicitlyGroupedKernel(kernel), KernelSpecialization.Empty);
            var barriers = compiled.Source.Split('\n').Where(line => line.Contains("barrier", StringComparison.Ordinal)).Select(line => line.Trim()).ToArray();
            Assert.That(barriers, Is.Not.Empty.And.All.EqualTo("work_group_barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);"), kernel.DeclaringType!.Name);
        }
    }
}

using ILGPU;
using ILGPU.Runtime;

namespace LpcEngine.Tests.DeviceLayer;

/// <summary>What a user gets when a device can't compile a kernel.</summary>
public sealed class KernelLoading
{
    [Test]
    public void A_refused_kernel_is_one_line_that_names_device_and_kernels()
    {
        var name = TestDevices.Names.FirstOrDefault(name => name.StartsWith("opencl", StringComparison.Ordinal));
        if (name is null || !TestDevices.Get(name).Description.Contains("pthread")) Assert.Ignore("needs PoCL, whose compiler refuses ILGPU's atomics");
        var device = (GpuDevice)TestDevices.Get(name!);
        var problem = Assert.Throws<KernelLoadException>(() => device.Kernels(static gpu => new WithAtomics(gpu)));
        Assert.That(problem!.Message, Does.Contain(name).And.Contain(nameof(WithAtomics)).And.Contain("error").And.Not.Contain("\n"));
        // The device goes on working.
        Assert.That(device.NewKept<float>(new(3), [1f, 2f, 3f]).ToFloats(), Is.EqualTo(new[] { 1f, 2f, 3f }));
    }

    private sealed class WithAtomics(GpuDevice device)
    {
        public readonly Action<AcceleratorStream, Index1D, ArrayView<int>> Count = device.Accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<int>>(CountKernel);

        public static void CountKernel(Index1D i, ArrayView<int> counter) => Atomic.Add(ref counter[0], 1);
    }
}

namespace LpcEngine.Tests.DeviceLayer;

/// <summary>The kernel that measures tensor cores does as many products as it says.</summary>
public sealed class TensorCeiling
{
    private const int Threads = 256, Steps = 5;

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void Its_sums_of_ones_count_its_products(string name)
    {
        if (TestDevices.Get(name) is not GpuDevice device) return;
        Count(device, new GpuTensorArithmetic<PtxTwin, Tf32Element>(device), 0x3F800000);
        Count(device, new GpuTensorArithmetic<PtxTwin, Bf16Element>(device), 0x3F803F80);
        Count(device, new GpuWarpgroupArithmetic<PtxTwin>(device), 0x3F803F80);
    }

    [Test]
    public void Its_loop_is_sixteen_products_and_nothing_of_memory([Values(typeof(Tf32Element), typeof(Bf16Element))] Type element)
    {
        var kernel = typeof(GpuTensorArithmetic<,>).MakeGenericType(typeof(Ptx), element).GetMethod("Kernel", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!;
        var lines = KernelText.Of(kernel, ILGPU.Runtime.Cuda.CudaArchitecture.SM_90).Split('\n');
        Assert.That(lines.Count(line => line.Contains("mma.sync")) % 16, Is.Zero);
        Assert.That(lines.Count(line => line.Contains("mma.sync")), Is.GreaterThanOrEqualTo(16));
        Assert.That(lines.Where(line => line.Contains("ld.shared") || line.Contains("ld.global") || line.Contains(".local")), Is.Empty);
        Assert.That(lines.Count(line => line.Contains("st.global")), Is.EqualTo(1));
    }

    private static void Count(GpuDevice device, TensorArithmetic arithmetic, int word) => device.Step(() =>
    {
        var result = device.New(new Shape(Threads));
        arithmetic.Launch(result, word, Steps);
        var warps = Threads / 32;
        Assert.That(2 * result.ToFloats().Sum(value => (double)value), Is.EqualTo(Steps * warps * arithmetic.FlopsPerStep));
        Assert.That(result.ToFloats().Distinct().Count(), Is.EqualTo(1));
    });
}

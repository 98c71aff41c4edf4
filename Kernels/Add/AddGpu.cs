using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The sum in ILGPU: one thread per element.</summary>
internal sealed class AddGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>> forward =
        device.Accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, ArrayView<float>>(Kernel);

    public static AddGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new AddGpu(gpu));

    public void Forward(Tensor a, Tensor b, Tensor y) => forward(device.Stream, Elements.Config(y.Shape.Count), GpuDevice.Floats(a), GpuDevice.Floats(b), GpuDevice.Floats(y));

    private static void Kernel(ArrayView<float> a, ArrayView<float> b, ArrayView<float> y)
    {
        var i = Elements.Index;
        if (i >= y.Length) return;
        y[i] = a[i] + b[i];
    }
}

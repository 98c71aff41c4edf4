using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Multiplication by a number in ILGPU: one thread per element.</summary>
internal sealed class ScaleGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, float> run =
        device.Accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, float>(Kernel);

    public static ScaleGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new ScaleGpu(gpu));

    public void Run(Tensor x, Tensor y, float factor) => run(device.Stream, Elements.Config(x.Shape.Count), GpuDevice.Floats(x), GpuDevice.Floats(y), factor);

    private static void Kernel(ArrayView<float> x, ArrayView<float> y, float factor)
    {
        var i = Elements.Index;
        if (i >= y.Length) return;
        y[i] = factor * x[i];
    }
}

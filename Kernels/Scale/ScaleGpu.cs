using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Multiplication by a number in ILGPU: one thread per element.</summary>
internal sealed class ScaleGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>, float> run =
        device.Accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>, float>(static (i, x, y, factor) => y[i] = factor * x[i]);

    public static ScaleGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new ScaleGpu(gpu));

    public void Run(Tensor x, Tensor y, float factor) => run(device.Stream, x.Shape.Count, GpuDevice.Floats(x), GpuDevice.Floats(y), factor);
}

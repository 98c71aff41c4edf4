using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The sum in ILGPU: one thread per element.</summary>
internal sealed class AddGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>, ArrayView<float>> forward =
        device.Accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>, ArrayView<float>>(static (i, a, b, y) => y[i] = a[i] + b[i]);

    public static AddGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new AddGpu(gpu));

    public void Forward(Tensor a, Tensor b, Tensor y) => forward(device.Stream, y.Shape.Count, GpuDevice.Floats(a), GpuDevice.Floats(b), GpuDevice.Floats(y));
}

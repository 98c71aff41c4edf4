using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The rectifier in ILGPU: one thread per element.</summary>
internal sealed class ReluGpu(GpuDevice device)
{
    // "Not ≤ 0" rather than "> 0": NaN passes.
    private readonly Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>> forward =
        device.Accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>>(static (i, x, y) => y[i] = x[i] <= 0f ? 0f : x[i]);

    private readonly Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>, ArrayView<float>> backward =
        device.Accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>, ArrayView<float>>(static (i, y, dY, dX) => dX[i] = y[i] <= 0f ? 0f : dY[i]);

    public static ReluGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new ReluGpu(gpu));

    public void Forward(Tensor x, Tensor y) => forward(device.Stream, x.Shape.Count, GpuDevice.Floats(x), GpuDevice.Floats(y));

    public void Backward(Tensor y, Tensor dY, Tensor dX) =>
        backward(device.Stream, y.Shape.Count, GpuDevice.Floats(y), GpuDevice.Floats(dY), GpuDevice.Floats(dX));
}

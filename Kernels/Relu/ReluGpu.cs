using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The rectifier in ILGPU: one thread per element.</summary>
internal sealed class ReluGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>> forward =
        device.Accelerator.LoadKernel<ArrayView<float>, ArrayView<float>>(ForwardKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>> backward =
        device.Accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, ArrayView<float>>(BackwardKernel);

    public static ReluGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new ReluGpu(gpu));

    public void Forward(Tensor x, Tensor y) => forward(device.Stream, Elements.Config(x.Shape.Count), GpuDevice.Floats(x), GpuDevice.Floats(y));

    public void Backward(Tensor y, Tensor dY, Tensor dX) =>
        backward(device.Stream, Elements.Config(y.Shape.Count), GpuDevice.Floats(y), GpuDevice.Floats(dY), GpuDevice.Floats(dX));

    // "Not ≤ 0" rather than "> 0": NaN passes.
    private static void ForwardKernel(ArrayView<float> x, ArrayView<float> y)
    {
        var i = Elements.Index;
        if (i >= y.Length) return;
        y[i] = x[i] <= 0f ? 0f : x[i];
    }

    private static void BackwardKernel(ArrayView<float> y, ArrayView<float> dY, ArrayView<float> dX)
    {
        var i = Elements.Index;
        if (i >= dX.Length) return;
        dX[i] = y[i] <= 0f ? 0f : dY[i];
    }
}

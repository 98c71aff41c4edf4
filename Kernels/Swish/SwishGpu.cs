using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Swish in ILGPU: one thread per element.</summary>
internal sealed class SwishGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>> forward =
        device.Accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>>(ForwardKernel);

    private readonly Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>, ArrayView<float>> backward =
        device.Accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>, ArrayView<float>>(BackwardKernel);

    public static SwishGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new SwishGpu(gpu));

    public void Forward(Tensor x, Tensor y) => forward(device.Stream, x.Shape.Count, GpuDevice.Floats(x), GpuDevice.Floats(y));

    public void Backward(Tensor x, Tensor dY, Tensor dX) =>
        backward(device.Stream, x.Shape.Count, GpuDevice.Floats(x), GpuDevice.Floats(dY), GpuDevice.Floats(dX));

    private static void ForwardKernel(Index1D i, ArrayView<float> x, ArrayView<float> y) => y[i] = x[i] * Sigmoid(x[i]);

    private static void BackwardKernel(Index1D i, ArrayView<float> x, ArrayView<float> dY, ArrayView<float> dX)
    {
        var s = Sigmoid(x[i]);
        dX[i] = dY[i] * s * (1f + x[i] * (1f - s));
    }

    internal static float Sigmoid(float x) => 1f / (1f + XMath.Exp(-x));
}

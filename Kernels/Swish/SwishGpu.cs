using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Swish in ILGPU: one thread per element.</summary>
internal sealed class SwishGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>> forward =
        device.Accelerator.LoadKernel<ArrayView<float>, ArrayView<float>>(ForwardKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>> backward =
        device.Accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, ArrayView<float>>(BackwardKernel);

    // e¹⁰⁴ is infinite and e⁻¹⁰⁴ less than any float: beyond, σ is 0 or 1 to the bit, and this number serves in place of an infinite x.
    private const float Bound = 104f;

    public static SwishGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new SwishGpu(gpu));

    public void Forward(Tensor x, Tensor y) => forward(device.Stream, Elements.Config(x.Shape.Count), GpuDevice.Floats(x), GpuDevice.Floats(y));

    public void Backward(Tensor x, Tensor dY, Tensor dX) =>
        backward(device.Stream, Elements.Config(x.Shape.Count), GpuDevice.Floats(x), GpuDevice.Floats(dY), GpuDevice.Floats(dX));

    private static void ForwardKernel(ArrayView<float> x, ArrayView<float> y)
    {
        var i = Elements.Index;
        if (i >= y.Length) return;
        y[i] = Swish(x[i]);
    }

    private static void BackwardKernel(ArrayView<float> x, ArrayView<float> dY, ArrayView<float> dX)
    {
        var i = Elements.Index;
        if (i >= dX.Length) return;
        dX[i] = Slope(x[i], dY[i]);
    }

    /// <summary>x·σ(x).</summary>
    internal static float Swish(float x)
    {
        var bounded = x < -Bound ? -Bound : x;
        return bounded * Sigmoid(bounded);
    }

    /// <summary>dY·σ(x)·(1 + x·(1 − σ(x))).</summary>
    internal static float Slope(float x, float dY)
    {
        var bounded = x < -Bound ? -Bound : x > Bound ? Bound : x;
        var s = Sigmoid(bounded);
        return dY * s * (1f + bounded * (1f - s));
    }

    private static float Sigmoid(float x) => 1f / (1f + XMath.Exp(-x));
}

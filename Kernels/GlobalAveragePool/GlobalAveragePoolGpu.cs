using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>
/// Global average pooling in ILGPU: forward one thread per image and channel, backward one per element; neighbours in C are neighbours in
/// memory.
/// </summary>
internal sealed class GlobalAveragePoolGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int, int> forward =
        device.Accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, int, int>(ForwardKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int, int> backward =
        device.Accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, int, int>(BackwardKernel);

    public static GlobalAveragePoolGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new GlobalAveragePoolGpu(gpu));

    public void Forward(Tensor x, Tensor y) => forward(device.Stream, Elements.Config(y.Shape.Count), GpuDevice.Floats(x), GpuDevice.Floats(y), x.Shape[1] * x.Shape[2], x.Shape[3]);

    public void Backward(Tensor dY, Tensor dX) => backward(device.Stream, Elements.Config(dX.Shape.Count), GpuDevice.Floats(dY), GpuDevice.Floats(dX), dX.Shape[1] * dX.Shape[2], dX.Shape[3]);

    private static void ForwardKernel(ArrayView<float> x, ArrayView<float> y, int pixels, int channels)
    {
        var i = Elements.Index;
        if (i >= y.Length) return;
        var n = i / channels;
        y[i] = ChainedSum.Of(x, n * pixels * channels + (i - n * channels), channels, pixels) * (1f / pixels);
    }

    private static void BackwardKernel(ArrayView<float> dY, ArrayView<float> dX, int pixels, int channels)
    {
        var i = Elements.Index;
        if (i >= dX.Length) return;
        var row = i / channels;
        dX[i] = dY[row / pixels * channels + (i - row * channels)] * (1f / pixels);
    }
}

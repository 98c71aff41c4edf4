using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Margins in ILGPU: one thread an element; those of the labels do a little more than the others.</summary>
internal sealed class MarginGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int> forward =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int>>(ForwardKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int> backward =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int>>(BackwardKernel);

    public static MarginGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new MarginGpu(gpu));

    public void Forward(Tensor cosines, Tensor labels, Tensor scale, Tensor margin, bool isAngular, Tensor y) =>
        forward(device.Stream, Elements.Config(y.Shape.Count), GpuDevice.Floats(cosines), GpuDevice.Ints(labels), GpuDevice.Floats(scale), GpuDevice.Floats(margin),
            GpuDevice.Floats(y), y.Shape[1], isAngular ? 1 : 0);

    public void Backward(Tensor cosines, Tensor labels, Tensor scale, Tensor margin, bool isAngular, Tensor dY, Tensor dX) =>
        backward(device.Stream, Elements.Config(dX.Shape.Count), GpuDevice.Floats(cosines), GpuDevice.Ints(labels), GpuDevice.Floats(scale), GpuDevice.Floats(margin),
            GpuDevice.Floats(dY), GpuDevice.Floats(dX), dX.Shape[1], isAngular ? 1 : 0);

    private static void ForwardKernel(
        ArrayView<float> x, ArrayView<int> labels, ArrayView<float> scale, ArrayView<float> margin, ArrayView<float> y, int c, int isAngular)
    {
        var i = Elements.Index;
        if (i >= y.Length) return;
        var m = margin[0];
        var t = i % c == labels[i / c] ? MarginTarget.Of(x[i], m, XMath.Cos(m), XMath.Sin(m), isAngular != 0) : x[i];
        y[i] = MarginTarget.Clamp(t) * scale[0];
    }

    private static void BackwardKernel(
        ArrayView<float> x, ArrayView<int> labels, ArrayView<float> scale, ArrayView<float> margin, ArrayView<float> dY, ArrayView<float> dX, int c,
        int isAngular)
    {
        var i = Elements.Index;
        if (i >= dX.Length) return;
        float t = x[i], slope = 1f;
        if (i % c == labels[i / c])
        {
            var m = margin[0];
            t = MarginTarget.Of(x[i], m, XMath.Cos(m), XMath.Sin(m), isAngular != 0);
            slope = MarginTarget.Slope(x[i], XMath.Cos(m), XMath.Sin(m), isAngular != 0);
        }
        dX[i] = t <= MarginOp.Limit && t >= -MarginOp.Limit ? dY[i] * scale[0] * slope : 0f;
    }
}

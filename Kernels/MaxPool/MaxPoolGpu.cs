using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Max pooling in ILGPU: forward one thread per output, backward one per input; neighbours in C are neighbours in memory.</summary>
internal sealed class MaxPoolGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, PoolWindow, ArrayView<float>, ArrayView<float>, ArrayView<float>> forward =
        device.Accelerator.LoadKernel<PoolWindow, ArrayView<float>, ArrayView<float>, ArrayView<float>>(ForwardKernel);

    private readonly Action<AcceleratorStream, KernelConfig, PoolWindow, ArrayView<float>, ArrayView<float>, ArrayView<float>> backward =
        device.Accelerator.LoadKernel<PoolWindow, ArrayView<float>, ArrayView<float>, ArrayView<float>>(BackwardKernel);

    public static MaxPoolGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new MaxPoolGpu(gpu));

    public void Forward(in PoolWindow sizes, Tensor x, Tensor y, Tensor positions) =>
        forward(device.Stream, Elements.Config(y.Shape.Count), sizes, GpuDevice.Floats(x), GpuDevice.Floats(y), GpuDevice.Floats(positions));

    public void Backward(in PoolWindow sizes, Tensor dY, Tensor positions, Tensor dX) =>
        backward(device.Stream, Elements.Config(dX.Shape.Count), sizes, GpuDevice.Floats(dY), GpuDevice.Floats(positions), GpuDevice.Floats(dX));

    private static void ForwardKernel(PoolWindow s, ArrayView<float> x, ArrayView<float> y, ArrayView<float> positions)
    {
        var i = Elements.Index;
        if (i >= y.Length) return;
        int pixel = i / s.C, row = pixel / s.Q, n = row / s.P, c = i - pixel * s.C;
        int top = s.Start(row - n * s.P), left = s.Start(pixel - row * s.Q);
        int fromH = IntrinsicMath.Max(top, 0), fromW = IntrinsicMath.Max(left, 0);
        int toH = IntrinsicMath.Min(top + s.Window, s.H), toW = IntrinsicMath.Min(left + s.Window, s.W);
        var best = float.NegativeInfinity;
        var position = (fromH - top) * s.Window + (fromW - left);
        for (var h = fromH; h < toH; h++)
        {
            for (var w = fromW; w < toW; w++)
            {
                var value = x[((n * s.H + h) * s.W + w) * s.C + c];
                if (value > best || XMath.IsNaN(value))
                {
                    best = value;
                    position = (h - top) * s.Window + (w - left);
                }
            }
        }
        y[i] = best;
        positions[i] = position;
    }

    private static void BackwardKernel(PoolWindow s, ArrayView<float> dY, ArrayView<float> positions, ArrayView<float> dX)
    {
        var i = Elements.Index;
        if (i >= dX.Length) return;
        int pixel = i / s.C, row = pixel / s.W, n = row / s.H, c = i - pixel * s.C;
        int h = row - n * s.H, w = pixel - row * s.W;
        int toP = s.EndOutput(h, s.P), fromQ = s.FirstOutput(w), toQ = s.EndOutput(w, s.Q);
        var sum = 0f;
        for (var p = s.FirstOutput(h); p < toP; p++)
        {
            for (var q = fromQ; q < toQ; q++)
            {
                var at = ((n * s.P + p) * s.Q + q) * s.C + c;
                if ((int)positions[at] == (h - s.Start(p)) * s.Window + (w - s.Start(q))) sum += dY[at];
            }
        }
        dX[i] = sum;
    }
}

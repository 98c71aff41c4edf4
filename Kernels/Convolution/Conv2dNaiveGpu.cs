using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The first lesson: convolution with one thread for each result. Correct, short, and slow.</summary>
/// <remarks>
/// Every thread reads its whole window and filter from global memory: two reads for each multiply-add, where <see cref="TileRowsGpu"/> shares
/// each value among 64 or 128 of them. Kept to be read first, and as a second opinion on the tiles.
/// </remarks>
internal sealed class Conv2dNaiveGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ConvSizes> forward =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ConvSizes>>(Forward1NaiveKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ConvSizes> backwardInput =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ConvSizes>>(BackwardInput1NaiveKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ConvSizes> backwardWeight =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ConvSizes>>(BackwardWeight1NaiveKernel);

    public static Conv2dNaiveGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new Conv2dNaiveGpu(gpu));

    public void Forward1Naive(in ConvGeometry g, Tensor x, Tensor weight, Tensor y) =>
        forward(device.Stream, Elements.Config(y.Shape.Count), GpuDevice.Floats(x), GpuDevice.Floats(weight), GpuDevice.Floats(y), new(g));

    public void BackwardInput1Naive(in ConvGeometry g, Tensor dY, Tensor weight, Tensor dX) =>
        backwardInput(device.Stream, Elements.Config(dX.Shape.Count), GpuDevice.Floats(dY), GpuDevice.Floats(weight), GpuDevice.Floats(dX), new(g));

    public void BackwardWeight1Naive(in ConvGeometry g, Tensor x, Tensor dY, Tensor dW) =>
        backwardWeight(device.Stream, Elements.Config(dW.Shape.Count), GpuDevice.Floats(x), GpuDevice.Floats(dY), GpuDevice.Floats(dW), new(g));

    private static void Forward1NaiveKernel(ArrayView<float> x, ArrayView<float> weight, ArrayView<float> y, ConvSizes g)
    {
        var i = Elements.Index;
        if (i >= y.Length) return;
        var k = i % g.K;
        var q = i / g.K % g.Q;
        var p = i / g.K / g.Q % g.P;
        var n = i / g.K / g.Q / g.P;
        var sum = 0f;
        for (var r = 0; r < g.R; r++)
            for (var s = 0; s < g.S; s++)
            {
                var h = p * g.Stride + r - g.Padding;
                var w = q * g.Stride + s - g.Padding;
                if (h < 0 || h >= g.H || w < 0 || w >= g.W) continue;
                for (var c = 0; c < g.C; c++) sum += x[((n * g.H + h) * g.W + w) * g.C + c] * weight[((r * g.S + s) * g.C + c) * g.K + k];
            }
        y[i] = sum;
    }

    private static void BackwardInput1NaiveKernel(ArrayView<float> dY, ArrayView<float> weight, ArrayView<float> dX, ConvSizes g)
    {
        var i = Elements.Index;
        if (i >= dX.Length) return;
        var c = i % g.C;
        var w = i / g.C % g.W;
        var h = i / g.C / g.W % g.H;
        var n = i / g.C / g.W / g.H;
        var sum = 0f;
        for (var r = 0; r < g.R; r++)
            for (var s = 0; s < g.S; s++)
            {
                // The output pixels that (h, w) reached lie at whole multiples of the stride.
                var p = h + g.Padding - r;
                var q = w + g.Padding - s;
                if (p < 0 || q < 0 || p % g.Stride != 0 || q % g.Stride != 0) continue;
                p /= g.Stride;
                q /= g.Stride;
                if (p >= g.P || q >= g.Q) continue;
                for (var k = 0; k < g.K; k++) sum += dY[((n * g.P + p) * g.Q + q) * g.K + k] * weight[((r * g.S + s) * g.C + c) * g.K + k];
            }
        dX[i] = sum;
    }

    private static void BackwardWeight1NaiveKernel(ArrayView<float> x, ArrayView<float> dY, ArrayView<float> dW, ConvSizes g)
    {
        var i = Elements.Index;
        if (i >= dW.Length) return;
        var k = i % g.K;
        var c = i / g.K % g.C;
        var s = i / g.K / g.C % g.S;
        var r = i / g.K / g.C / g.S;
        var sum = 0f;
        for (var n = 0; n < g.N; n++)
            for (var p = 0; p < g.P; p++)
                for (var q = 0; q < g.Q; q++)
                {
                    var h = p * g.Stride + r - g.Padding;
                    var w = q * g.Stride + s - g.Padding;
                    if (h >= 0 && h < g.H && w >= 0 && w < g.W) sum += x[((n * g.H + h) * g.W + w) * g.C + c] * dY[((n * g.P + p) * g.Q + q) * g.K + k];
                }
        dW[i] = sum;
    }

    /// <summary>The sizes as kernels take them: numbers only, P and Q computed once.</summary>
    internal struct ConvSizes(in ConvGeometry g)
    {
        public int N = g.N, H = g.H, W = g.W, C = g.C, K = g.K, R = g.R, S = g.S, P = g.P, Q = g.Q, Stride = g.Stride, Padding = g.Padding;
    }
}

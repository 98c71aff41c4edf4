using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Softmax cross-entropy in ILGPU: one group a row, then one group for the mean; backward one thread an element.</summary>
internal sealed class SoftmaxCrossEntropyGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, int, int> rowKernel =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, int, int>>(RowKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int> meanKernel =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int>>(MeanKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int> backward =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int>>(BackwardKernel);

    public static SoftmaxCrossEntropyGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new SoftmaxCrossEntropyGpu(gpu));

    public void Forward(Tensor logits, Tensor labels, Tensor rows, Tensor y)
    {
        var (n, c) = (logits.Shape[0], logits.Shape[1]);
        rowKernel(device.Stream, (n, GroupReduction.Size), GpuDevice.Floats(logits), GpuDevice.Ints(labels), GpuDevice.Floats(rows), n, c);
        meanKernel(device.Stream, (1, GroupReduction.Size), GpuDevice.Floats(rows), GpuDevice.Floats(y), n);
    }

    public void Backward(Tensor logits, Tensor labels, Tensor rows, Tensor dY, Tensor dLogits) =>
        backward(device.Stream, Elements.Config(logits.Shape.Count), GpuDevice.Floats(logits), GpuDevice.Ints(labels), GpuDevice.Floats(rows), GpuDevice.Floats(dY),
            GpuDevice.Floats(dLogits), logits.Shape[0], logits.Shape[1]);

    private static void RowKernel(ArrayView<float> x, ArrayView<int> labels, ArrayView<float> rows, int n, int c)
    {
        var row = Grid.IdxX;
        var start = row * c;
        var max = float.NegativeInfinity;
        for (var k = Group.IdxX; k < c; k += GroupReduction.Size)
            if (x[start + k] > max) max = x[start + k];
        max = GroupReduction.Max(max);
        var sum = 0f;
        for (var k = Group.IdxX; k < c; k += GroupReduction.Size) sum += XMath.Exp(x[start + k] - max);
        sum = GroupReduction.Sum(sum);
        if (Group.IdxX > 0) return;
        var label = labels[row];
        rows[row] = max;
        rows[n + row] = 1f / sum;
        rows[2 * n + row] = label >= 0 && label < c ? XMath.Log(sum) - (x[start + label] - max) : float.NaN;
    }

    private static void MeanKernel(ArrayView<float> rows, ArrayView<float> y, int n)
    {
        var sum = GroupReduction.Sum(ChainedSum.Share(rows, 2 * n, n));
        if (Group.IdxX == 0) y[0] = sum / n;
    }

    private static void BackwardKernel(ArrayView<float> x, ArrayView<int> labels, ArrayView<float> rows, ArrayView<float> dY, ArrayView<float> dX, int n, int c)
    {
        var i = Elements.Index;
        if (i >= dX.Length) return;
        var row = i / c;
        var probability = XMath.Exp(x[i] - rows[row]) * rows[n + row];
        if (i - row * c == labels[row]) probability -= 1f;
        dX[i] = probability * (dY[0] / n);
    }
}

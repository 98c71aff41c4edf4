using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The supervised contrastive loss in ILGPU: one group a row, then one group for the mean; backward one thread an element.</summary>
internal sealed class SupervisedContrastiveGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, float> rowKernel =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, float>>(RowKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int> meanKernel =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int>>(MeanKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, float> backward =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, float>>(BackwardKernel);

    public static SupervisedContrastiveGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new SupervisedContrastiveGpu(gpu));

    public void Forward(Tensor cosines, Tensor labels, float temperature, Tensor rows, Tensor y)
    {
        var n = labels.Shape[0];
        rowKernel(device.Stream, (n, GroupReduction.Size), GpuDevice.Floats(cosines), GpuDevice.Ints(labels), GpuDevice.Floats(rows), 1f / temperature);
        meanKernel(device.Stream, (1, GroupReduction.Size), GpuDevice.Floats(rows), GpuDevice.Floats(y), n);
    }

    public void Backward(Tensor cosines, Tensor labels, float temperature, Tensor rows, Tensor dY, Tensor dX) =>
        backward(device.Stream, Elements.Config(dX.Shape.Count), GpuDevice.Floats(cosines), GpuDevice.Ints(labels), GpuDevice.Floats(rows), GpuDevice.Floats(dY),
            GpuDevice.Floats(dX), 1f / temperature);

    private static void RowKernel(ArrayView<float> x, ArrayView<int> labels, ArrayView<float> rows, float inverseTemperature)
    {
        var n = (int)labels.Length;
        var row = Grid.IdxX;
        var start = row * n;
        var max = float.NegativeInfinity;
        for (var j = Group.IdxX; j < n; j += GroupReduction.Size)
            if (x[start + j] > max) max = x[start + j];
        max = GroupReduction.Max(max);
        float sum = 0f, positives = 0f, partners = 0f;
        for (var j = Group.IdxX; j < n; j += GroupReduction.Size)
        {
            if (j == row) continue;
            var s = (x[start + j] - max) * inverseTemperature;
            sum += XMath.Exp(s);
            if (labels[j] != labels[row]) continue;
            positives += s;
            partners += 1f;
        }
        sum = GroupReduction.Sum(sum);
        positives = GroupReduction.Sum(positives);
        partners = GroupReduction.Sum(partners);
        if (Group.IdxX > 0) return;
        var weight = 1f / (partners + SupervisedContrastiveOp.Delta);
        rows[SupervisedContrastiveOp.Largest * n + row] = max;
        rows[SupervisedContrastiveOp.Weight * n + row] = weight;
        rows[SupervisedContrastiveOp.Factor * n + row] = partners * weight / (sum + SupervisedContrastiveOp.Delta);
        rows[SupervisedContrastiveOp.Loss * n + row] = weight * (partners * XMath.Log(sum + SupervisedContrastiveOp.Delta) - positives);
    }

    private static void MeanKernel(ArrayView<float> rows, ArrayView<float> y, int n)
    {
        var sum = GroupReduction.Sum(ChainedSum.Share(rows, SupervisedContrastiveOp.Loss * n, n));
        if (Group.IdxX == 0) y[0] = sum / n;
    }

    private static void BackwardKernel(
        ArrayView<float> x, ArrayView<int> labels, ArrayView<float> rows, ArrayView<float> dY, ArrayView<float> dX, float inverseTemperature)
    {
        var k = Elements.Index;
        if (k >= dX.Length) return;
        var n = (int)labels.Length;
        int i = k / n, j = k - i * n;
        var share = XMath.Exp((x[k] - rows[SupervisedContrastiveOp.Largest * n + i]) * inverseTemperature) * rows[SupervisedContrastiveOp.Factor * n + i];
        if (labels[i] == labels[j]) share -= rows[SupervisedContrastiveOp.Weight * n + i];
        dX[k] = i == j ? 0f : share * (inverseTemperature / n * dY[0]);
    }
}

using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>L2 normalisation of rows in ILGPU: one group a row.</summary>
internal sealed class NormaliseRowsGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, float> forward =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, float>>(ForwardKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, float> backward =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, float>>(BackwardKernel);

    public static NormaliseRowsGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new NormaliseRowsGpu(gpu));

    public void Forward(Tensor x, float epsilon, Tensor norms, Tensor y) =>
        forward(
            device.Stream, (x.Shape[0], GroupReduction.Size), GpuDevice.Floats(x), GpuDevice.Floats(norms), GpuDevice.Floats(y), x.Shape[1], epsilon);

    public void Backward(Tensor y, Tensor norms, float epsilon, Tensor dY, Tensor dX) =>
        backward(
            device.Stream, (y.Shape[0], GroupReduction.Size), GpuDevice.Floats(y), GpuDevice.Floats(norms), GpuDevice.Floats(dY), GpuDevice.Floats(dX),
            y.Shape[1], epsilon);

    private static void ForwardKernel(ArrayView<float> x, ArrayView<float> norms, ArrayView<float> y, int d, float epsilon)
    {
        var start = Grid.IdxX * d;
        // The largest magnitude first: where its square is out of range, the squares are those of x divided by it. NaN comes back in the
        // sum.
        var largest = 0f;
        for (var i = Group.IdxX; i < d; i += GroupReduction.Size)
        {
            var magnitude = XMath.Abs(x[start + i]);
            if (magnitude > largest) largest = magnitude;
        }
        largest = GroupReduction.Max(largest);
        var unit = largest > 0f && largest <= float.MaxValue && (largest < NormaliseRowsOp.Small || largest > NormaliseRowsOp.Large) ? largest : 1f;
        var sum = 0f;
        for (var i = Group.IdxX; i < d; i += GroupReduction.Size)
        {
            var part = x[start + i] / unit;
            sum += part * part;
        }
        var norm = unit * XMath.Sqrt(GroupReduction.Sum(sum));
        if (Group.IdxX == 0) norms[Grid.IdxX] = norm;
        var denominator = norm < epsilon ? epsilon : norm;
        for (var i = Group.IdxX; i < d; i += GroupReduction.Size) y[start + i] = x[start + i] / denominator;
    }

    private static void BackwardKernel(ArrayView<float> y, ArrayView<float> norms, ArrayView<float> dY, ArrayView<float> dX, int d, float epsilon)
    {
        var start = Grid.IdxX * d;
        var sum = 0f;
        for (var i = Group.IdxX; i < d; i += GroupReduction.Size) sum += y[start + i] * dY[start + i];
        // Summed also where it isn't needed: every thread of the group must reach the barriers.
        sum = GroupReduction.Sum(sum);
        var norm = norms[Grid.IdxX];
        var along = norm < epsilon ? 0f : sum;
        var denominator = norm < epsilon ? epsilon : norm;
        for (var i = Group.IdxX; i < d; i += GroupReduction.Size) dX[start + i] = (dY[start + i] - y[start + i] * along) / denominator;
    }
}

using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>AdamW in ILGPU: one thread an element.</summary>
internal sealed class AdamWGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, AdamWFactors> update =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, AdamWFactors>>(UpdateKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>> next =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>>>(NextKernel);

    public static AdamWGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new AdamWGpu(gpu));

    public void Update(Tensor parameter, Tensor gradient, Tensor m, Tensor v, Tensor scalars, AdamWFactors factors) =>
        update(device.Stream, Elements.Config(parameter.Shape.Count), GpuDevice.Floats(parameter), GpuDevice.Floats(gradient), GpuDevice.Floats(m), GpuDevice.Floats(v), GpuDevice.Floats(scalars), factors);

    public void NextScalars(Tensor table, Tensor row, Tensor current) =>
        next(device.Stream, new KernelConfig(1, 1), GpuDevice.Floats(table), GpuDevice.Ints(row), GpuDevice.Floats(current));

    private static void UpdateKernel(
        ArrayView<float> parameter, ArrayView<float> gradient, ArrayView<float> mean, ArrayView<float> meanSquare, ArrayView<float> scalars, AdamWFactors factors)
    {
        var i = Elements.Index;
        if (i >= parameter.Length) return;
        var g = gradient[i];
        var p = parameter[i];
        var m = mean[i];
        m += factors.OneLessBeta1 * (g - m);
        var v = factors.Beta2 * meanSquare[i] + factors.OneLessBeta2 * g * g;
        mean[i] = m;
        meanSquare[i] = v;
        parameter[i] = p - (scalars[0] * p + scalars[1] * m / (XMath.Sqrt(v) * scalars[2] + factors.Epsilon));
    }

    // A single thread: nobody else reads the row's number while it changes.
    private static void NextKernel(ArrayView<float> table, ArrayView<int> row, ArrayView<float> current)
    {
        var start = row[0] * AdamWOp.Scalars;
        for (var k = 0; k < AdamWOp.Scalars; k++) current[k] = table[start + k];
        row[0] += 1;
    }
}

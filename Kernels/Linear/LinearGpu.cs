using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The bias gradient of a linear layer in ILGPU; the products are the matrix product's.</summary>
internal sealed class LinearGpu(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int> gradientBias =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int>>(GradientBiasKernel);

    public static LinearGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new LinearGpu(gpu));

    public void GradientBias(Tensor dY, Tensor dBias) =>
        gradientBias(device.Stream, Elements.Config(dY.Shape[1]), GpuDevice.Floats(dY), GpuDevice.Floats(dBias), dY.Shape[0]);

    // A batch has a few hundred rows: one thread a column reads them coalesced, always in the same order.
    private static void GradientBiasKernel(ArrayView<float> dY, ArrayView<float> dBias, int rows)
    {
        var column = Elements.Index;
        if (column >= dBias.Length) return;
        dBias[column] = ChainedSum.Of(dY, column, (int)dBias.Length, rows);
    }
}

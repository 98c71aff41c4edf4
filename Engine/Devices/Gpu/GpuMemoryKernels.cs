using ILGPU;
using ILGPU.Runtime;

namespace LpcEngine.Engine;

/// <summary>The two kernels that memory operations need: fill and accumulate.</summary>
internal sealed class GpuMemoryKernels(GpuDevice device)
{
    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, float> fill =
        device.Accelerator.LoadKernel<ArrayView<float>, float>(FillKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>> accumulate =
        device.Accelerator.LoadKernel<ArrayView<float>, ArrayView<float>>(AccumulateKernel);

    public void Fill(ArrayView<float> into, float value) => fill(device.Stream, Elements.Config((int)into.Length), into, value);

    public void Accumulate(ArrayView<float> into, ArrayView<float> from) => accumulate(device.Stream, Elements.Config((int)into.Length), into, from);

    private static void FillKernel(ArrayView<float> into, float value)
    {
        var i = Elements.Index;
        if (i >= into.Length) return;
        into[i] = value;
    }

    private static void AccumulateKernel(ArrayView<float> into, ArrayView<float> from)
    {
        var i = Elements.Index;
        if (i >= into.Length) return;
        into[i] += from[i];
    }
}

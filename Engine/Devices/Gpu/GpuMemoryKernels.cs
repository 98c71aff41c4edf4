using ILGPU;
using ILGPU.Runtime;

namespace LpcEngine.Engine;

/// <summary>The two kernels that memory operations need: fill and accumulate.</summary>
internal sealed class GpuMemoryKernels(GpuDevice device)
{
    private readonly Action<AcceleratorStream, Index1D, ArrayView<float>, float> fill =
        device.Accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, float>(FillKernel);

    private readonly Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>> accumulate =
        device.Accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>>(AccumulateKernel);

    public void Fill(ArrayView<float> into, float value) => fill(device.Stream, (int)into.Length, into, value);

    public void Accumulate(ArrayView<float> into, ArrayView<float> from) => accumulate(device.Stream, (int)into.Length, into, from);

    private static void FillKernel(Index1D i, ArrayView<float> into, float value) => into[i] = value;

    private static void AccumulateKernel(Index1D i, ArrayView<float> into, ArrayView<float> from) => into[i] += from[i];
}

using ILGPU;
using ILGPU.Runtime;

namespace LpcEngine.Engine;

/// <summary>The two kernels that memory operations need: fill and accumulate.</summary>
internal sealed class GpuMemoryKernels(GpuDevice device)
{
    private readonly Action<AcceleratorStream, Index1D, ArrayView<float>, float> fill =
        device.Accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, float>(static (i, into, value) => into[i] = value);

    private readonly Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>> accumulate =
        device.Accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>>(static (i, into, from) => into[i] += from[i]);

    public void Fill(ArrayView<float> into, float value) => fill(device.Stream, (int)into.Length, into, value);

    public void Accumulate(ArrayView<float> into, ArrayView<float> from) => accumulate(device.Stream, (int)into.Length, into, from);
}

using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The product kernels for one kind of tile, compiled when first used: most networks need one or two of the three.</summary>
/// <typeparam name="TTile">The kind of tile.</typeparam>
internal sealed class TileLaunchers<TTile>(GpuDevice device) where TTile : struct, ITile<TTile>
{
    public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GatherPlan> Rows =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GatherPlan>>(GatheredRowsGpu.ProductKernel<TTile>);

    public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, GatherPlan, int> Columns =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, GatherPlan, int>>(GatheredColumnsGpu.ProductKernel<TTile>);

    public static TileLaunchers<TTile> On(GpuDevice device) => device.Kernels(static gpu => new TileLaunchers<TTile>(gpu));
}

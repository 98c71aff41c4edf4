using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The product kernels for one kind of number and of tile, compiled when first used; with tensor cores on CUDA, else with their twin.</summary>
internal abstract class TensorLaunchers<TElement, TTile> where TElement : struct, ITensorElement where TTile : struct, ITensorTile
{
    public static TensorLaunchers<TElement, TTile> On(GpuDevice device) => device.Accelerator is CudaAccelerator
        ? device.Kernels(static gpu => new TensorLaunchers<Ptx, TElement, TTile>(gpu))
        : device.Kernels(static gpu => new TensorLaunchers<PtxTwin, TElement, TTile>(gpu));

    public abstract Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<int>, GatherPlan> Rows { get; }

    public abstract Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<float>, GatherPlan, int> Columns { get; }
}

/// <inheritdoc/>
/// <remarks>Each of the two kernels is compiled when it is asked for: evaluation needs one of them.</remarks>
internal sealed class TensorLaunchers<TCore, TElement, TTile> : TensorLaunchers<TElement, TTile>
    where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement where TTile : struct, ITensorTile
{
    private readonly Lazy<Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<int>, GatherPlan>> rows;
    private readonly Lazy<Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<float>, GatherPlan, int>> columns;

    public TensorLaunchers(GpuDevice device)
    {
        Action<WordArray, WordArray, ArrayView<int>, GatherPlan> rowsKernel = TensorRowsGpu.Kernel<TCore, TElement, TTile>;
        Action<WordArray, WordArray, ArrayView<float>, GatherPlan, int> columnsKernel = TensorColumnsGpu.Kernel<TCore, TElement, TTile>;
        rows = new(() => device.Compile<Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<int>, GatherPlan>>(rowsKernel, default(TTile).Threads));
        columns = new(() => device.Compile<Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<float>, GatherPlan, int>>(columnsKernel, default(TTile).Threads));
    }

    public override Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<int>, GatherPlan> Rows => rows.Value;

    public override Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<float>, GatherPlan, int> Columns => columns.Value;
}

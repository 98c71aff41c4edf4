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

    public abstract Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<int>, ArrayView<float>, GatherPlan> Rows { get; }

    /// <summary>The same with statistics of the result's columns.</summary>
    public abstract Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<int>, ArrayView<float>, GatherPlan> MeasuredRows { get; }

    public abstract Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<float>, GatherPlan, int> Columns { get; }
}

/// <inheritdoc/>
/// <remarks>Each of the kernels is compiled when it is asked for: evaluation needs one of them.</remarks>
internal sealed class TensorLaunchers<TCore, TElement, TTile> : TensorLaunchers<TElement, TTile>
    where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement where TTile : struct, ITensorTile
{
    private readonly Lazy<Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<int>, ArrayView<float>, GatherPlan>> rows, measuredRows;
    private readonly Lazy<Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<float>, GatherPlan, int>> columns;

    public TensorLaunchers(GpuDevice device)
    {
        Action<WordArray, WordArray, ArrayView<int>, ArrayView<float>, GatherPlan> rowsKernel = TensorRowsGpu.Kernel<TCore, TElement, TTile, Unmeasured>;
        Action<WordArray, WordArray, ArrayView<int>, ArrayView<float>, GatherPlan> measuredKernel = TensorRowsGpu.Kernel<TCore, TElement, TTile, WithStatistics>;
        Action<WordArray, WordArray, ArrayView<float>, GatherPlan, int> columnsKernel = TensorColumnsGpu.Kernel<TCore, TElement, TTile>;
        rows = new(() => device.Compile<Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<int>, ArrayView<float>, GatherPlan>>(rowsKernel, default(TTile).Threads));
        measuredRows = new(() => device.Compile<Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<int>, ArrayView<float>, GatherPlan>>(measuredKernel, default(TTile).Threads));
        columns = new(() => device.Compile<Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<float>, GatherPlan, int>>(columnsKernel, default(TTile).Threads));
    }

    public override Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<int>, ArrayView<float>, GatherPlan> Rows => rows.Value;

    public override Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<int>, ArrayView<float>, GatherPlan> MeasuredRows => measuredRows.Value;

    public override Action<AcceleratorStream, KernelConfig, WordArray, WordArray, ArrayView<float>, GatherPlan, int> Columns => columns.Value;
}

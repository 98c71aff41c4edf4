using ILGPU;
using LpcEngine.Engine;
using RowsLauncher = System.Action<ILGPU.Runtime.AcceleratorStream, ILGPU.KernelConfig, LpcEngine.Kernels.WordArray, LpcEngine.Kernels.WordArray, ILGPU.ArrayView<int>, ILGPU.ArrayView<float>, LpcEngine.Kernels.GatherPlan>;
using ColumnsLauncher = System.Action<ILGPU.Runtime.AcceleratorStream, ILGPU.KernelConfig, LpcEngine.Kernels.WordArray, LpcEngine.Kernels.WordArray, ILGPU.ArrayView<float>, LpcEngine.Kernels.GatherPlan, int>;

namespace LpcEngine.Kernels;

/// <summary>The product kernels for one kind of number and of tile. Each is compiled when it is asked for: evaluation needs one of them.</summary>
internal abstract class TensorLaunchers
{
    private readonly Lazy<RowsLauncher> rows, measuredRows;
    private readonly Lazy<ColumnsLauncher> columns;

    protected TensorLaunchers(
        GpuDevice device, IStagedTile tile, Action<WordArray, WordArray, ArrayView<int>, ArrayView<float>, GatherPlan> rows,
        Action<WordArray, WordArray, ArrayView<int>, ArrayView<float>, GatherPlan> measuredRows, Action<WordArray, WordArray, ArrayView<float>, GatherPlan, int> columns)
    {
        Tile = tile;
        this.rows = new(() => device.Compile<RowsLauncher>(rows, tile.Threads));
        this.measuredRows = new(() => device.Compile<RowsLauncher>(measuredRows, tile.Threads));
        this.columns = new(() => device.Compile<ColumnsLauncher>(columns, tile.Threads));
    }

    /// <summary>Sizes of the tile.</summary>
    public IStagedTile Tile { get; }

    public RowsLauncher Rows => rows.Value;

    /// <summary>The same with statistics of the result's columns.</summary>
    public RowsLauncher MeasuredRows => measuredRows.Value;

    public ColumnsLauncher Columns => columns.Value;
}

/// <summary>Tiles of warps, for tensor cores from sm_80 on or their twin.</summary>
internal sealed class WarpLaunchers<TCore, TElement, TTile>(GpuDevice device)
    : TensorLaunchers(device, default(TTile), TensorRowsGpu.Kernel<TCore, TElement, TTile, Unmeasured>, TensorRowsGpu.Kernel<TCore, TElement, TTile, WithStatistics>, TensorColumnsGpu.Kernel<TCore, TElement, TTile>)
    where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement where TTile : struct, ITensorTile
{
    public static TensorLaunchers On(GpuDevice device) => device.Kernels(static gpu => new WarpLaunchers<TCore, TElement, TTile>(gpu));
}

/// <summary>Tiles of warpgroups, for bf16 on Hopper's tensor cores or their twin.</summary>
internal sealed class WarpgroupLaunchers<TCore, TTile>(GpuDevice device)
    : TensorLaunchers(device, default(TTile), WarpgroupRowsGpu.Kernel<TCore, TTile, Unmeasured>, WarpgroupRowsGpu.Kernel<TCore, TTile, WithStatistics>, WarpgroupColumnsGpu.Kernel<TCore, TTile>)
    where TCore : struct, IWarpgroupInstructions where TTile : struct, IWarpgroupTile
{
    public static TensorLaunchers On(GpuDevice device) => device.Kernels(static gpu => new WarpgroupLaunchers<TCore, TTile>(gpu));
}

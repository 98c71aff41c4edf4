using LpcEngine.Engine;
using RowsLauncher = System.Action<ILGPU.Runtime.AcceleratorStream, ILGPU.KernelConfig, LpcEngine.Kernels.WordArray, LpcEngine.Kernels.WordArray, ILGPU.ArrayView<int>, ILGPU.ArrayView<float>, LpcEngine.Kernels.GatherPlan>;
using ColumnsLauncher = System.Action<ILGPU.Runtime.AcceleratorStream, ILGPU.KernelConfig, LpcEngine.Kernels.WordArray, LpcEngine.Kernels.WordArray, ILGPU.ArrayView<float>, LpcEngine.Kernels.GatherPlan, int>;
using RowsKernel = System.Action<LpcEngine.Kernels.WordArray, LpcEngine.Kernels.WordArray, ILGPU.ArrayView<int>, ILGPU.ArrayView<float>, LpcEngine.Kernels.GatherPlan>;
using ColumnsKernel = System.Action<LpcEngine.Kernels.WordArray, LpcEngine.Kernels.WordArray, ILGPU.ArrayView<float>, LpcEngine.Kernels.GatherPlan, int>;

namespace LpcEngine.Kernels;

/// <summary>The product kernels for one kind of number and of tile. Each is compiled when it is asked for: evaluation needs one of them.</summary>
internal abstract class TensorLaunchers
{
    private readonly Lazy<RowsLauncher> rows, tapRows, measuredRows, measuredTapRows;
    private readonly Lazy<ColumnsLauncher> columns;

    protected TensorLaunchers(GpuDevice device, IStagedTile tile, IStagedTile columnsTile, RowsKernel rows, RowsKernel tapRows, RowsKernel measuredRows, RowsKernel measuredTapRows, ColumnsKernel columns)
    {
        (Tile, ColumnsTile) = (tile, columnsTile);
        this.rows = Lazily(rows);
        this.tapRows = Lazily(tapRows);
        this.measuredRows = Lazily(measuredRows);
        this.measuredTapRows = Lazily(measuredTapRows);
        this.columns = new(() => device.Compile<ColumnsLauncher>(columns, columnsTile.Threads));

        Lazy<RowsLauncher> Lazily(RowsKernel kernel) => new(() => device.Compile<RowsLauncher>(kernel, tile.Threads));
    }

    /// <summary>Sizes of the tile for products of rows.</summary>
    public IStagedTile Tile { get; }

    /// <summary>Sizes of the tile for sums over pixels: as many rows and columns, but it may take other threads.</summary>
    public IStagedTile ColumnsTile { get; }

    public ColumnsLauncher Columns => columns.Value;

    /// <summary>The kernel of a product of gathered rows.</summary>
    /// <param name="plan">In words.</param>
    /// <param name="measured">Whether it writes statistics of the result's columns.</param>
    public RowsLauncher Rows(in GatherPlan plan, bool measured) => (TapSlices.Take(plan) ? measured ? measuredTapRows : tapRows : measured ? measuredRows : rows).Value;
}

/// <summary>Tiles of warps, for tensor cores from sm_80 on or their twin.</summary>
internal sealed class WarpLaunchers<TCore, TElement, TTile>(GpuDevice device)
    : TensorLaunchers(device, default(TTile), default(TTile),
        TensorRowsGpu.Kernel<TCore, TElement, TTile, Unmeasured, RowSlices<WarpPlaces>>, TensorRowsGpu.Kernel<TCore, TElement, TTile, Unmeasured, TapSlices<WarpPlaces>>,
        TensorRowsGpu.Kernel<TCore, TElement, TTile, WithStatistics, RowSlices<WarpPlaces>>, TensorRowsGpu.Kernel<TCore, TElement, TTile, WithStatistics, TapSlices<WarpPlaces>>, TensorColumnsGpu.Kernel<TCore, TElement, TTile>)
    where TCore : struct, ITensorInstructions where TElement : struct, ITensorElement where TTile : struct, ITensorTile
{
    public static TensorLaunchers On(GpuDevice device) => device.Kernels(static gpu => new WarpLaunchers<TCore, TElement, TTile>(gpu));
}

/// <summary>Tiles of warpgroups, for tf32 on Hopper's tensor cores or their twin. Sums over pixels stay with warps: products of tf32 don't read across the rows of shared memory.</summary>
internal sealed class WarpgroupTf32Launchers<TCore, TTile, TColumnsTile>(GpuDevice device)
    : TensorLaunchers(device, default(TTile), default(TColumnsTile),
        WarpgroupRowsGpu.Kernel<TCore, Tf32Element, TTile, Unmeasured, RowSlices<WarpgroupRows>>, WarpgroupRowsGpu.Kernel<TCore, Tf32Element, TTile, Unmeasured, TapSlices<WarpgroupRows>>,
        WarpgroupRowsGpu.Kernel<TCore, Tf32Element, TTile, WithStatistics, RowSlices<WarpgroupRows>>, WarpgroupRowsGpu.Kernel<TCore, Tf32Element, TTile, WithStatistics, TapSlices<WarpgroupRows>>,
        TensorColumnsGpu.Kernel<TCore, Tf32Element, TColumnsTile>)
    where TCore : struct, IWarpgroupInstructions where TTile : struct, IWarpgroupTile where TColumnsTile : struct, ITensorTile
{
    public static TensorLaunchers On(GpuDevice device) => device.Kernels(static gpu => new WarpgroupTf32Launchers<TCore, TTile, TColumnsTile>(gpu));
}

/// <summary>Tiles of warpgroups, for bf16 on Hopper's tensor cores or their twin.</summary>
internal sealed class WarpgroupBf16Launchers<TCore, TTile>(GpuDevice device)
    : TensorLaunchers(device, default(TTile), default(TTile),
        WarpgroupRowsGpu.Kernel<TCore, Bf16Element, TTile, Unmeasured, RowSlices<WarpgroupRows>>, WarpgroupRowsGpu.Kernel<TCore, Bf16Element, TTile, Unmeasured, TapSlices<WarpgroupRows>>,
        WarpgroupRowsGpu.Kernel<TCore, Bf16Element, TTile, WithStatistics, RowSlices<WarpgroupRows>>, WarpgroupRowsGpu.Kernel<TCore, Bf16Element, TTile, WithStatistics, TapSlices<WarpgroupRows>>,
        WarpgroupColumnsGpu.Kernel<TCore, TTile>)
    where TCore : struct, IWarpgroupInstructions where TTile : struct, IWarpgroupTile
{
    public static TensorLaunchers On(GpuDevice device) => device.Kernels(static gpu => new WarpgroupBf16Launchers<TCore, TTile>(gpu));
}

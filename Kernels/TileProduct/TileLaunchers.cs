using LpcEngine.Engine;
using ColumnsKernel = System.Action<ILGPU.Runtime.AcceleratorStream, ILGPU.KernelConfig, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, LpcEngine.Kernels.GatherPlan, int>;
using RowsKernel = System.Action<
    ILGPU.Runtime.AcceleratorStream, ILGPU.KernelConfig, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, LpcEngine.Kernels.GatherPlan>;

namespace LpcEngine.Kernels;

/// <summary>The kernel of gathered rows for one kind of tile, compiled when first used: most networks need few of all these.</summary>
/// <typeparam name="TTile">The kind of tile.</typeparam>
/// <typeparam name="TAlignment">What the product's channels and columns are.</typeparam>
/// <typeparam name="TEpilogue">What becomes of the sums.</typeparam>
internal sealed class GatheredRowsLauncher<TTile, TAlignment, TEpilogue>(GpuDevice device) where TTile : struct, ITile<TTile> where TAlignment : struct, IAlignment where TEpilogue : struct, IEpilogue
{
    public readonly RowsKernel Launch = device.Compile<RowsKernel>(GatheredRowsGpu.ProductKernel<TTile, TAlignment, TEpilogue>, default(TTile).Threads, TileShape.GroupsAtOnce<TTile>());

    public static RowsKernel On(GpuDevice device) => device.Kernels(static gpu => new GatheredRowsLauncher<TTile, TAlignment, TEpilogue>(gpu)).Launch;
}

/// <summary>The kernel of rows that needn't be gathered.</summary>
/// <typeparam name="TTile">The kind of tile.</typeparam>
/// <typeparam name="TEpilogue">What becomes of the sums.</typeparam>
internal sealed class MatrixRowsLauncher<TTile, TEpilogue>(GpuDevice device) where TTile : struct, ITile<TTile> where TEpilogue : struct, IEpilogue
{
    public readonly RowsKernel Launch = device.Compile<RowsKernel>(MatrixRowsGpu.ProductKernel<TTile, TEpilogue>, default(TTile).Threads, TileShape.GroupsAtOnce<TTile>());

    public static RowsKernel On(GpuDevice device) => device.Kernels(static gpu => new MatrixRowsLauncher<TTile, TEpilogue>(gpu)).Launch;
}

/// <summary>The kernel of gathered columns.</summary>
/// <typeparam name="TTile">The kind of tile.</typeparam>
/// <typeparam name="TAlignment">What the product's channels and columns are.</typeparam>
internal sealed class GatheredColumnsLauncher<TTile, TAlignment>(GpuDevice device) where TTile : struct, ITile<TTile> where TAlignment : struct, IAlignment
{
    public readonly ColumnsKernel Launch = device.Compile<ColumnsKernel>(GatheredColumnsGpu.ProductKernel<TTile, TAlignment>, default(TTile).Threads, TileShape.GroupsAtOnce<TTile>());

    public static ColumnsKernel On(GpuDevice device) => device.Kernels(static gpu => new GatheredColumnsLauncher<TTile, TAlignment>(gpu)).Launch;
}

/// <summary>The kernel of columns that needn't be gathered.</summary>
/// <typeparam name="TTile">The kind of tile.</typeparam>
internal sealed class MatrixColumnsLauncher<TTile>(GpuDevice device) where TTile : struct, ITile<TTile>
{
    public readonly ColumnsKernel Launch = device.Compile<ColumnsKernel>(MatrixColumnsGpu.ProductKernel<TTile>, default(TTile).Threads, TileShape.GroupsAtOnce<TTile>());

    public static ColumnsKernel On(GpuDevice device) => device.Kernels(static gpu => new MatrixColumnsLauncher<TTile>(gpu)).Launch;
}

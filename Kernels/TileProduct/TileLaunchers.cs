using LpcEngine.Engine;
using ColumnsKernel = System.Action<ILGPU.Runtime.AcceleratorStream, ILGPU.KernelConfig, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, LpcEngine.Kernels.GatherPlan, int>;
using RowsKernel = System.Action<
    ILGPU.Runtime.AcceleratorStream, ILGPU.KernelConfig, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, LpcEngine.Kernels.GatherPlan>;

namespace LpcEngine.Kernels;

/// <summary>A kernel of rows, compiled when first used: most networks need few of all these.</summary>
/// <typeparam name="TTile">The kind of tile.</typeparam>
/// <typeparam name="TSlices">How operands are fetched.</typeparam>
/// <typeparam name="TEpilogue">What becomes of the sums.</typeparam>
internal sealed class TileRowsLauncher<TTile, TSlices, TEpilogue>(GpuDevice device) where TTile : struct, ITile<TTile> where TSlices : struct, IRowTileSlices<TSlices> where TEpilogue : struct, IEpilogue
{
    public readonly RowsKernel Launch = device.Compile<RowsKernel>(TileRowsGpu.ProductKernel<TTile, TSlices, TEpilogue>, default(TTile).Threads, TileShape.GroupsAtOnce<TTile>());

    public static RowsKernel On(GpuDevice device) => device.Kernels(static gpu => new TileRowsLauncher<TTile, TSlices, TEpilogue>(gpu)).Launch;
}

/// <summary>A kernel of columns.</summary>
/// <typeparam name="TTile">The kind of tile.</typeparam>
/// <typeparam name="TSlices">How operands are fetched.</typeparam>
internal sealed class TileColumnsLauncher<TTile, TSlices>(GpuDevice device) where TTile : struct, ITile<TTile> where TSlices : struct, IColumnTileSlices<TSlices>
{
    public readonly ColumnsKernel Launch = device.Compile<ColumnsKernel>(TileColumnsGpu.ProductKernel<TTile, TSlices>, default(TTile).Threads, TileShape.GroupsAtOnce<TTile>());

    public static ColumnsKernel On(GpuDevice device) => device.Kernels(static gpu => new TileColumnsLauncher<TTile, TSlices>(gpu)).Launch;
}

using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The product kernels for one kind of tile, compiled when first used: most networks need two of the five.</summary>
/// <typeparam name="TTile">The kind of tile.</typeparam>
/// <typeparam name="TAlignment">What the product's channels and columns are.</typeparam>
internal sealed class TileLaunchers<TTile, TAlignment>(GpuDevice device) where TTile : struct, ITile<TTile> where TAlignment : struct, IAlignment
{
    /// <summary>Groups that are to fit onto a processor at once: 512 threads leave each 128 of its 65,536 registers, which 64 sums fill. Fewer sums need no bound (0).</summary>
    public static int Groups => default(TTile).ColumnsPerThread == 8 ? 512 / default(TTile).Threads : 0;

    public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GatherPlan> Rows =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GatherPlan>>(
            GatheredRowsGpu.ProductKernel<TTile, TAlignment, Unmeasured>, default(TTile).Threads, Groups);

    public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, GatherPlan, int> Columns =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, GatherPlan, int>>(
            GatheredColumnsGpu.ProductKernel<TTile, TAlignment>, default(TTile).Threads, Groups);

    public static TileLaunchers<TTile, TAlignment> On(GpuDevice device) => device.Kernels(static gpu => new TileLaunchers<TTile, TAlignment>(gpu));
}

/// <summary>The kernel that also measures its result's columns; the second of the tile in a network's training.</summary>
/// <typeparam name="TTile">The kind of tile.</typeparam>
/// <typeparam name="TAlignment">What the product's channels and columns are.</typeparam>
internal sealed class MeasuredTileLauncher<TTile, TAlignment>(GpuDevice device) where TTile : struct, ITile<TTile> where TAlignment : struct, IAlignment
{
    public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GatherPlan> Rows =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GatherPlan>>(
            GatheredRowsGpu.ProductKernel<TTile, TAlignment, WithStatistics>, default(TTile).Threads, TileLaunchers<TTile, TAlignment>.Groups);

    public static MeasuredTileLauncher<TTile, TAlignment> On(GpuDevice device) => device.Kernels(static gpu => new MeasuredTileLauncher<TTile, TAlignment>(gpu));
}

/// <summary>The kernels of one kind of tile for operands that needn't be gathered.</summary>
/// <typeparam name="TTile">The kind of tile.</typeparam>
internal sealed class MatrixTileLaunchers<TTile>(GpuDevice device) where TTile : struct, ITile<TTile>
{
    public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GatherPlan> Rows =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GatherPlan>>(
            MatrixRowsGpu.ProductKernel<TTile, Unmeasured>, default(TTile).Threads, TileLaunchers<TTile, Aligned>.Groups);

    public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, GatherPlan, int> Columns =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, GatherPlan, int>>(
            MatrixColumnsGpu.ProductKernel<TTile>, default(TTile).Threads, TileLaunchers<TTile, Aligned>.Groups);

    public static MatrixTileLaunchers<TTile> On(GpuDevice device) => device.Kernels(static gpu => new MatrixTileLaunchers<TTile>(gpu));
}

/// <summary>The kernel of such operands that also measures its result's columns.</summary>
/// <typeparam name="TTile">The kind of tile.</typeparam>
internal sealed class MeasuredMatrixTileLauncher<TTile>(GpuDevice device) where TTile : struct, ITile<TTile>
{
    public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GatherPlan> Rows =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, GatherPlan>>(
            MatrixRowsGpu.ProductKernel<TTile, WithStatistics>, default(TTile).Threads, TileLaunchers<TTile, Aligned>.Groups);

    public static MeasuredMatrixTileLauncher<TTile> On(GpuDevice device) => device.Kernels(static gpu => new MeasuredMatrixTileLauncher<TTile>(gpu));
}

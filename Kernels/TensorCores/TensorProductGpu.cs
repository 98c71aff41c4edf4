using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The products of convolutions on tensor cores: gathered rows times a matrix, and their transpose times a matrix.</summary>
/// <remarks>
/// What <see cref="TileProductGpu"/> does, with factors of tf32 or bf16 and sums in single precision. Deterministic: how sums are cut depends on the shape alone.
/// </remarks>
/// <typeparam name="TElement">The kind of the factors.</typeparam>
internal sealed class TensorProductGpu<TElement>(GpuDevice device) where TElement : struct, ITensorElement
{
    // A large GPU has 132 processors: with much fewer groups many have no work. A constant, not the device's number: which tile it is depends on the shape alone. Each adds its products in slices of the same length, so
    // that the bits don't depend on it.
    private const int EnoughGroups = 120;

    // Operations in the time of a byte, for PixelSplits: roughly 300 TFLOP/s in bf16 and 100 in tf32 at 3 TB/s. It need not be exact: a ResNet's layers are cut alike with half of it and with a third more.
    private static double Intensity => default(TElement).PerWord == 2 ? 100 : 33;

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int> sum =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int>>(TileColumnsGpu.SumKernel);

    // By falling size; the last but one is tall.
    private readonly TensorLaunchers large = Choose<Tile128x128, Warpgroups128x128>(device), tall = Choose<Tile128x64, Warpgroups128x64>(device), small = Choose<Tile64x64, Warpgroups64x64>(device);

    public static TensorProductGpu<TElement> On(GpuDevice device) => device.Kernels(static gpu => new TensorProductGpu<TElement>(gpu));

    private static TensorLaunchers Choose<TTile, TWarpgroupTile>(GpuDevice device) where TTile : struct, ITensorTile where TWarpgroupTile : struct, IWarpgroupTile => device.Accelerator switch
    {
        CudaAccelerator cuda when Warpgroups.AreOf(cuda.Architecture, cuda.InstructionSet) =>
            default(TElement).PerWord == 2 ? WarpgroupBf16Launchers<Ptx, TWarpgroupTile>.On(device) : WarpgroupTf32Launchers<Ptx, TWarpgroupTile, TTile>.On(device),
        CudaAccelerator cuda when cuda.Architecture >= CudaArchitecture.SM_80 => WarpLaunchers<Ptx, TElement, TTile>.On(device),
        // Older cards as well: slow, but right.
        _ => WarpLaunchers<PtxTwin, TElement, TTile>.On(device),
    };

    /// <summary>Channel counts that copies of 16 bytes can take are multiples of this.</summary>
    public static int Chunk => 4 * default(TElement).PerWord;

    /// <summary>result = gathered(source)·matrix, where matrix is [tap, column, channel] and all three are of the element's type.</summary>
    /// <param name="plan">Channels and Columns are multiples of <see cref="Chunk"/>.</param>
    /// <param name="source">Images.</param>
    /// <param name="matrix">Filters, rounded to what the products take (<see cref="Tf32RoundingGpu"/>, <see cref="FilterCopies"/>).</param>
    /// <param name="result">Overwritten where the plan's pixels are.</param>
    /// <param name="measured">Whether statistics of the result's columns are wanted.</param>
    /// <returns>The statistics, or null.</returns>
    public ChannelStatistics? Rows(in GatherPlan plan, Tensor source, Tensor matrix, Tensor result, bool measured = false)
    {
        if (plan.Rows == 0) return null;
        var isLarge = plan.Columns > 64 && Groups(large.Tile, plan.Rows, plan.Columns) >= EnoughGroups;
        return Rows(isLarge ? large : Groups(tall.Tile, plan.Rows, plan.Columns) >= EnoughGroups ? tall : small, plan, source, matrix, result, measured);
    }

    /// <summary>result [Depth, Columns] = gathered(source)ᵀ·matrix in single precision, where matrix has one row for each pixel of the grid and the factors are of the element's type.</summary>
    /// <param name="plan">Channels and Columns are multiples of <see cref="Chunk"/>.</param>
    /// <param name="source">Images.</param>
    /// <param name="matrix">[pixel, column].</param>
    /// <param name="result">Floats; overwritten.</param>
    public void Columns(in GatherPlan plan, Tensor source, Tensor matrix, Tensor result)
    {
        // The splits make groups enough: tiles are as large as the result fills.
        Columns(plan.Depth <= 64 ? small : plan.Columns > 64 ? large : tall, plan, source, matrix, result);
    }

    internal ChannelStatistics? Rows(TensorLaunchers launchers, in GatherPlan plan, Tensor source, Tensor matrix, Tensor result, bool measured = false)
    {
        var statistics = measured ? new ChannelStatistics(result, launchers.Tile.Rows) : null;
        var words = plan.InWords(default(TElement).PerWord);
        // Without statistics nothing is written to where they would go; some memory must stand there.
        launchers.Rows(words, measured)(device.Stream, new KernelConfig(Groups(launchers.Tile, plan.Rows, plan.Columns), launchers.Tile.Threads),
            WordArray.Of(source), WordArray.Of(matrix), GpuDevice.Words(result), GpuDevice.Words(statistics?.Partials ?? result).Cast<float>(), words);
        return statistics;
    }

    internal void Columns(TensorLaunchers launchers, in GatherPlan plan, Tensor source, Tensor matrix, Tensor result)
    {
        var tiles = Groups(launchers.ColumnsTile, plan.Depth, plan.Columns);
        var splits = PixelSplits.Choose(tiles, launchers.ColumnsTile.GroupsPerProcessor, plan.Rows, Intensity);
        // Whole slices to each split, so that only the last one has a remainder.
        var slice = PixelSlices.Pixels<TElement>();
        var length = Tiles(Tiles(plan.Rows, splits), slice) * slice;
        splits = Tiles(plan.Rows, length);
        var partial = splits == 1 ? result : device.New(new(splits, plan.Depth, plan.Columns));
        launchers.Columns(device.Stream, new KernelConfig(new Index2D(tiles, splits), new Index2D(launchers.ColumnsTile.Threads, 1)),
            WordArray.Of(source), WordArray.Of(matrix), GpuDevice.Floats(partial), plan.InWords(default(TElement).PerWord), length);
        if (splits == 1) return;
        sum(device.Stream, Elements.Config(plan.Depth * plan.Columns), GpuDevice.Floats(partial), GpuDevice.Floats(result), splits);
        device.GiveBack(partial);
    }

    private static int Groups(IStagedTile tile, int rows, int columns) => Tiles(rows, tile.Rows) * Tiles(columns, tile.Columns);

    private static int Tiles(int extent, int tile) => (extent + tile - 1) / tile;
}

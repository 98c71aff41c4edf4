using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The products of convolutions on tensor cores: gathered rows times a matrix, and their transpose times a matrix.</summary>
/// <remarks>
/// What <see cref="TileProductGpu"/> does, with factors of tf32 or bf16 and sums in single precision. Deterministic: how sums are cut depends on the shape alone.
/// </remarks>
/// <typeparam name="TElement">The kind of the factors.</typeparam>
internal sealed class TensorProductGpu<TElement>(GpuDevice device) where TElement : struct, ITensorElement
{
    // A large GPU has 132 processors: fewer groups leave some without work. A constant, not the device's number: which tile it is depends on the shape alone. Each adds its products in slices of the same length, so that the bits don't depend on it.
    private const int EnoughGroups = 132;

    // Partial sums of a split must be worth their traffic: at least 32 slices each.
    private const int ShortestSplit = 512;

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int> sum =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int>>(GatheredColumnsGpu.SumKernel);

    public static TensorProductGpu<TElement> On(GpuDevice device) => device.Kernels(static gpu => new TensorProductGpu<TElement>(gpu));

    /// <summary>Channel counts that copies of 16 bytes can take are multiples of this.</summary>
    public static int Chunk => 4 * default(TElement).PerWord;

    /// <summary>result = gathered(source)·matrix, where matrix is [tap, column, channel] and all three are of the element's type.</summary>
    /// <param name="plan">Channels and Columns are multiples of <see cref="Chunk"/>.</param>
    /// <param name="source">Images.</param>
    /// <param name="matrix">Filters.</param>
    /// <param name="result">Overwritten where the plan's pixels are.</param>
    /// <param name="measured">Whether statistics of the result's columns are wanted.</param>
    /// <returns>The statistics, or null.</returns>
    public ChannelStatistics? Rows(in GatherPlan plan, Tensor source, Tensor matrix, Tensor result, bool measured = false)
    {
        if (plan.Rows == 0) return null;
        if (plan.Columns > 64 && Groups<Tile128x128>(plan.Rows, plan.Columns) >= EnoughGroups) return Rows<Tile128x128>(plan, source, matrix, result, measured);
        if (Groups<Tile128x64>(plan.Rows, plan.Columns) >= EnoughGroups) return Rows<Tile128x64>(plan, source, matrix, result, measured);
        return Rows<Tile64x64>(plan, source, matrix, result, measured);
    }

    /// <summary>result [Depth, Columns] = gathered(source)ᵀ·matrix in single precision, where matrix has one row for each pixel of the grid and the factors are of the element's type.</summary>
    /// <param name="plan">Channels and Columns are multiples of <see cref="Chunk"/>.</param>
    /// <param name="source">Images.</param>
    /// <param name="matrix">[pixel, column].</param>
    /// <param name="result">Floats; overwritten.</param>
    public void Columns(in GatherPlan plan, Tensor source, Tensor matrix, Tensor result)
    {
        // The splits make groups enough: tiles are as large as the result fills.
        if (plan.Columns > 64 && plan.Depth > 64) Columns<Tile128x128>(plan, source, matrix, result);
        else if (plan.Depth > 64) Columns<Tile128x64>(plan, source, matrix, result);
        else Columns<Tile64x64>(plan, source, matrix, result);
    }

    internal ChannelStatistics? Rows<TTile>(in GatherPlan plan, Tensor source, Tensor matrix, Tensor result, bool measured = false) where TTile : struct, ITensorTile
    {
        var statistics = measured ? new ChannelStatistics(result, default(TTile).Rows) : null;
        var launchers = TensorLaunchers<TElement, TTile>.On(device);
        var launcher = statistics is null ? launchers.Rows : launchers.MeasuredRows;
        // Without statistics nothing is written to where they would go; some memory must stand there.
        launcher(device.Stream, new KernelConfig(Groups<TTile>(plan.Rows, plan.Columns), default(TTile).Threads),
            WordArray.Of(source), WordArray.Of(matrix), GpuDevice.Words(result), GpuDevice.Words(statistics?.Partials ?? result).Cast<float>(), plan.InWords(default(TElement).PerWord));
        return statistics;
    }

    internal void Columns<TTile>(in GatherPlan plan, Tensor source, Tensor matrix, Tensor result) where TTile : struct, ITensorTile
    {
        var tiles = Groups<TTile>(plan.Depth, plan.Columns);
        var splits = Math.Clamp(2 * EnoughGroups / tiles, 1, Math.Max(1, plan.Rows / ShortestSplit));
        // Whole slices to each split, so that only the last one has a remainder.
        var slice = TensorColumnsGpu.PixelsPerSlice<TElement>();
        var length = Tiles(Tiles(plan.Rows, splits), slice) * slice;
        splits = Math.Max(1, Tiles(plan.Rows, length));
        var partial = splits == 1 ? result : device.New(new(splits, plan.Depth, plan.Columns));
        TensorLaunchers<TElement, TTile>.On(device).Columns(device.Stream, new KernelConfig(new Index2D(tiles, splits), new Index2D(default(TTile).Threads, 1)),
            WordArray.Of(source), WordArray.Of(matrix), GpuDevice.Floats(partial), plan.InWords(default(TElement).PerWord), length);
        if (splits == 1) return;
        sum(device.Stream, Elements.Config(plan.Depth * plan.Columns), GpuDevice.Floats(partial), GpuDevice.Floats(result), splits);
        device.GiveBack(partial);
    }

    private static int Groups<TTile>(int rows, int columns) where TTile : struct, ITensorTile => Tiles(rows, default(TTile).Rows) * Tiles(columns, default(TTile).Columns);

    private static int Tiles(int extent, int tile) => (extent + tile - 1) / tile;
}

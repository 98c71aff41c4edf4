using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;
using ColumnsKernel = System.Action<ILGPU.Runtime.AcceleratorStream, ILGPU.KernelConfig, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, LpcEngine.Kernels.GatherPlan, int>;
using RowsKernel = System.Action<
    ILGPU.Runtime.AcceleratorStream, ILGPU.KernelConfig, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, ILGPU.ArrayView<float>, LpcEngine.Kernels.GatherPlan>;

namespace LpcEngine.Kernels;

/// <summary>The tiled products of the GPU: gathered rows times a matrix, and their transpose times a matrix.</summary>
/// <remarks>
/// A group of 256 threads makes a tile of 128×128 results, each thread 8×8 of them in registers; of narrow and of small products tiles of 128×64, 128×32 or 128×16. The operands come
/// through shared memory in slices of 8 or 16 along the sum; the next slice is fetched into registers while the present one is multiplied. Each result is the sum of its products in their
/// order, by whatever tile, so that large batches get the same bits as small ones.
/// </remarks>
internal sealed class TileProductGpu(GpuDevice device)
{
    // Operations in the time of a byte, for PixelSplits: 40 TFLOP/s at 3 TB/s.
    private const double Intensity = 13;

    // Grids may be 2³¹ − 1 groups long along x but only this along y and z: what grows with the shapes lies along x.
    private const int MostGroupsAlongY = 65535;

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int> sum =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int>>(TileColumnsGpu.SumKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int, int> transpose =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int, int>>(TransposeGpu.TransposeKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, int, int> transposeToBf16 =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, int, int>>(TransposeGpu.TransposeToBf16Kernel);

    public static TileProductGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new TileProductGpu(gpu));

    /// <summary>result = gathered(source)·matrix (+ bias).</summary>
    /// <returns>If asked for, and there is no bias, the statistics of the result's columns.</returns>
    public ChannelStatistics? Rows(in GatherPlan plan, Tensor source, Tensor matrix, Tensor? bias, Tensor result, bool measured = false)
    {
        if (plan.Rows == 0) return null;
        return Rows(plan, 1, source, matrix, bias, result, measured);
    }

    /// <summary>result[b] = left[b]·right[b], for each of a batch of matrices [rows, depth] and [depth, columns].</summary>
    /// <remarks><paramref name="depth"/> is a multiple of <see cref="MatrixRowSlices.SliceMultiple"/>, <paramref name="columns"/> of four.</remarks>
    public void RowsOfBatch(int batch, int rows, int columns, int depth, Tensor left, Tensor right, Tensor result) =>
        Rows(GatherPlan.Product(rows, columns, depth, hasBias: false), batch, left, right, null, result, measured: false);

    /// <summary>result [Depth, Columns] = gathered(source)ᵀ·matrix, where matrix has one row for each pixel of the grid.</summary>
    public void Columns(in GatherPlan plan, Tensor source, Tensor matrix, Tensor result) => Columns(plan, 1, source, matrix, result);

    /// <summary>result[b] = left[b]ᵀ·right[b], for each of a batch of matrices [sum, rows] and [sum, columns]; rows and columns are multiples of four.</summary>
    public void ColumnsOfBatch(int batch, int sum, int rows, int columns, Tensor left, Tensor right, Tensor result) =>
        Columns(GatherPlan.Product(sum, columns, rows, hasBias: false), batch, left, right, result);

    /// <summary>Transposes each of a number of matrices: [count, height, width] to [count, width, height], floats or, where height is even, bf16.</summary>
    public void Transpose(int count, int height, int width, Tensor from, Tensor to)
    {
        if (count > MostGroupsAlongY)
            throw new ShapeException("Transpose", $"{count} matrices of {height}×{width}: a GPU takes at most {MostGroupsAlongY} at once. Split them, or run on the cpu.");
        var tiles = new Index2D(Tiles(width, TransposeGpu.Side) * Tiles(height, TransposeGpu.Side), count);
        var config = new KernelConfig(tiles, new Index2D(TransposeGpu.Side, TransposeGpu.Side));
        if (to.Type == DType.BFloat16) transposeToBf16(device.Stream, config, GpuDevice.Floats(from), GpuDevice.Words(to), height, width);
        else transpose(device.Stream, config, GpuDevice.Floats(from), GpuDevice.Floats(to), height, width);
    }

    internal ChannelStatistics? Rows<TTile>(in GatherPlan plan, Tensor source, Tensor matrix, Tensor? bias, Tensor result, bool measured = false, int batch = 1) where TTile : struct, ITile<TTile>
    {
        if (batch > 1 && (measured || !IsMatrix<TTile>(plan) || plan.Depth % TileShape.Depth<TTile>() > 0)) throw new ArgumentException("A batch has matrices as they lie in memory, whole slices, and no statistics.");
        var statistics = measured && bias is null ? new ChannelStatistics(result, TileShape.Rows) : null;
        var launcher = statistics is not null ? RowsLauncher<TTile, Measuring>(plan) : plan.Adds != 0 ? RowsLauncher<TTile, Adding>(plan) : RowsLauncher<TTile, Overwriting>(plan);
        launcher(device.Stream, new KernelConfig(Groups<TTile>(plan.Rows, plan.Columns) * batch, default(TTile).Threads),
            GpuDevice.Floats(source), GpuDevice.Floats(matrix), GpuDevice.Floats(bias ?? result), GpuDevice.Floats(result), GpuDevice.Floats(statistics?.Partials ?? result), plan);
        return statistics;
    }

    internal void Columns<TTile>(in GatherPlan plan, Tensor source, Tensor matrix, Tensor result, int batch = 1) where TTile : struct, ITile<TTile>
    {
        if (batch > 1 && !IsMatrix<TTile>(plan)) throw new ArgumentException("A batch has matrices as they lie in memory.");
        var tiles = Groups<TTile>(plan.Depth, plan.Columns) * batch;
        var splits = PixelSplits.Choose(tiles, 2 * 256 / default(TTile).Threads, plan.Rows, Intensity, batch == 1 ? PixelSplits.Shortest : PixelSplits.Shortest / 16); // registers are enough for 512 threads
        // Whole slices to each split, so that only the last one has a remainder.
        var slice = TileShape.Depth<TTile>();
        var length = Tiles(Tiles(plan.Rows, splits), slice) * slice;
        splits = Tiles(plan.Rows, length);
        var partial = splits == 1 ? result : device.New(new(splits, batch, plan.Depth, plan.Columns));
        var launcher = ColumnsLauncher<TTile>(plan);
        launcher(device.Stream, new KernelConfig(new Index2D(tiles, splits), new Index2D(default(TTile).Threads, 1)),
            GpuDevice.Floats(source), GpuDevice.Floats(matrix), GpuDevice.Floats(partial), plan, length);
        if (splits == 1) return;
        sum(device.Stream, Elements.Config(batch * plan.Depth * plan.Columns), GpuDevice.Floats(partial), GpuDevice.Floats(result), splits);
        device.GiveBack(partial);
    }

    private RowsKernel RowsLauncher<TTile, TEpilogue>(in GatherPlan plan) where TTile : struct, ITile<TTile> where TEpilogue : struct, IEpilogue =>
        !plan.IsAligned ? TileRowsLauncher<TTile, GatheredRowSlices<Unaligned>, TEpilogue>.On(device)
        : IsMatrix<TTile>(plan) && plan.Depth % TileShape.Depth<TTile>() == 0 ? TileRowsLauncher<TTile, MatrixRowSlices, TEpilogue>.On(device)
        : TapRowSlices.Take<TTile>(plan) ? TileRowsLauncher<TTile, TapRowSlices, TEpilogue>.On(device) : TileRowsLauncher<TTile, GatheredRowSlices<Aligned>, TEpilogue>.On(device);

    private ColumnsKernel ColumnsLauncher<TTile>(in GatherPlan plan) where TTile : struct, ITile<TTile> =>
        !plan.IsAligned ? TileColumnsLauncher<TTile, GatheredColumnSlices>.On(device)
        : IsMatrix<TTile>(plan) ? TileColumnsLauncher<TTile, MatrixColumnSlices>.On(device) : TileColumnsLauncher<TTile, TapColumnSlices>.On(device);

    private ChannelStatistics? Rows(in GatherPlan plan, int batch, Tensor source, Tensor matrix, Tensor? bias, Tensor result, bool measured) => TileChoice.OfRows(plan, batch) switch
    {
        TileKind.Tile2x4 => Rows<Tile2x4>(plan, source, matrix, bias, result, measured, batch),
        TileKind.Tile4x4 => Rows<Tile4x4>(plan, source, matrix, bias, result, measured, batch),
        TileKind.Tile8x4 => Rows<Tile8x4>(plan, source, matrix, bias, result, measured, batch),
        TileKind.Tile8x8Narrow => Rows<Tile8x8Narrow>(plan, source, matrix, bias, result, measured, batch),
        _ => Rows<Tile8x8>(plan, source, matrix, bias, result, measured, batch),
    };

    private void Columns(in GatherPlan plan, int batch, Tensor source, Tensor matrix, Tensor result)
    {
        switch (TileChoice.OfColumns(plan, batch))
        {
            case TileKind.Tile2x4: Columns<Tile2x4>(plan, source, matrix, result, batch); break;
            case TileKind.Tile4x4: Columns<Tile4x4>(plan, source, matrix, result, batch); break;
            case TileKind.Tile8x4: Columns<Tile8x4>(plan, source, matrix, result, batch); break;
            case TileKind.Tile8x8Narrow: Columns<Tile8x8Narrow>(plan, source, matrix, result, batch); break;
            default: Columns<Tile8x8>(plan, source, matrix, result, batch); break;
        }
    }

    // Whether nothing need be gathered; narrow products, which are small, go through the gathering kernels all the same.
    private static bool IsMatrix<TTile>(in GatherPlan plan) where TTile : struct, ITile<TTile> => plan.IsMatrix && plan.IsAligned && default(TTile).Columns >= 64;

    private static int Groups<TTile>(int rows, int columns) where TTile : struct, ITile<TTile> => Tiles(rows, TileShape.Rows) * Tiles(columns, default(TTile).Columns);

    private static int Tiles(int extent, int tile) => (extent + tile - 1) / tile;
}

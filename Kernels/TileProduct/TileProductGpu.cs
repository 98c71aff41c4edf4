using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The tiled products of the GPU: gathered rows times a matrix, and their transpose times a matrix.</summary>
/// <remarks>
/// A group of 256 threads makes a tile of 128×64 results, each thread 8×4 of them in registers (128×32 and 128×16 for products with few columns). The operands come
/// through shared memory in slices of 16 along the sum; the next slice is fetched into registers while the present one is multiplied.
/// </remarks>
internal sealed class TileProductGpu(GpuDevice device)
{
    // Partial sums of a split must be worth their traffic: at least 32 slices each.
    private const int ShortestSplit = 512;

    // Enough groups for two on each of a large GPU's 132 processors. A constant, not the device's number: sums are cut by shape alone.
    private const int WantedGroups = 264;

    // Grids may be 2³¹ − 1 groups long along x but only this along y and z: what grows with the shapes lies along x.
    private const int MostGroupsAlongY = 65535;

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int> sum =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int>>(GatheredColumnsGpu.SumKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int, int> transpose =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int, int>>(TransposeGpu.TransposeKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, int, int> transposeToBf16 =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, int, int>>(TransposeGpu.TransposeToBf16Kernel);

    public static TileProductGpu On(Device device) => ((GpuDevice)device).Kernels(static gpu => new TileProductGpu(gpu));

    /// <summary>result = gathered(source)·matrix (+ bias).</summary>
    public void Rows(in GatherPlan plan, Tensor source, Tensor matrix, Tensor? bias, Tensor result)
    {
        if (plan.Rows == 0) return;
        if (plan.Columns <= 16) Rows<Tile2x4>(plan, source, matrix, bias, result);
        else if (plan.Columns <= 32) Rows<Tile4x4>(plan, source, matrix, bias, result);
        else Rows<Tile8x4>(plan, source, matrix, bias, result);
    }

    /// <summary>result [Depth, Columns] = gathered(source)ᵀ·matrix, where matrix has one row for each pixel of the grid.</summary>
    public void Columns(in GatherPlan plan, Tensor source, Tensor matrix, Tensor result)
    {
        if (plan.Columns <= 16) Columns<Tile2x4>(plan, source, matrix, result);
        else if (plan.Columns <= 32) Columns<Tile4x4>(plan, source, matrix, result);
        else Columns<Tile8x4>(plan, source, matrix, result);
    }

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

    private void Rows<TTile>(in GatherPlan plan, Tensor source, Tensor matrix, Tensor? bias, Tensor result) where TTile : struct, ITile<TTile>
    {
        var groups = Tiles(plan.Rows, TileShape.Rows) * Tiles(plan.Columns, 4 * default(TTile).ThreadsAcross);
        TileLaunchers<TTile>.On(device).Rows(device.Stream, new KernelConfig(groups, TileShape.Threads),
            GpuDevice.Floats(source), GpuDevice.Floats(matrix), GpuDevice.Floats(bias ?? result), GpuDevice.Floats(result), plan);
    }

    private void Columns<TTile>(in GatherPlan plan, Tensor source, Tensor matrix, Tensor result) where TTile : struct, ITile<TTile>
    {
        var (tilesM, tilesN) = (Tiles(plan.Depth, TileShape.Rows), Tiles(plan.Columns, 4 * default(TTile).ThreadsAcross));
        var splits = Math.Clamp(WantedGroups / (tilesM * tilesN), 1, Math.Max(1, plan.Rows / ShortestSplit));
        // Whole slices to each split, so that only the last one has a remainder.
        var length = Tiles(Tiles(plan.Rows, splits), TileShape.Depth) * TileShape.Depth;
        splits = Tiles(plan.Rows, length);
        var partial = splits == 1 ? result : device.New(new(splits, plan.Depth, plan.Columns));
        TileLaunchers<TTile>.On(device).Columns(device.Stream, new KernelConfig(new Index2D(tilesM * tilesN, splits), new Index2D(TileShape.Threads, 1)),
            GpuDevice.Floats(source), GpuDevice.Floats(matrix), GpuDevice.Floats(partial), plan, length);
        if (splits == 1) return;
        sum(device.Stream, Elements.Config(plan.Depth * plan.Columns), GpuDevice.Floats(partial), GpuDevice.Floats(result), splits);
        device.GiveBack(partial);
    }

    private static int Tiles(int extent, int tile) => (extent + tile - 1) / tile;
}

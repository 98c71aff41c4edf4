using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Copies of many filters by one launch: a thread group takes one square of one matrix, whichever the table of <see cref="FilterTile"/>s says.</summary>
internal sealed class FilterCopiesGpu(GpuDevice device)
{
    private const int RowsAtOnce = 8;

    // Pairs of bf16 in a row of a square, and rows of such that the group's threads write at once.
    private const int Pairs = FilterTile.Side / 2, PairRowsAtOnce = FilterTile.Side * RowsAtOnce / Pairs;

    // One float wider than the tile: a column's elements then lie in different banks.
    private const int Pitch = FilterTile.Side + 1;

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>> exchange =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>>>(ExchangeKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>> halve =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>>>(HalveKernel);

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>> round =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>>>(RoundKernel);

    public static FilterCopiesGpu On(GpuDevice device) => device.Kernels(static gpu => new FilterCopiesGpu(gpu));

    /// <summary>Writes the copies of each matrix.</summary>
    /// <param name="precision">Floats, floats rounded to tf32, or bf16 (C and K are even then).</param>
    /// <param name="values">The matrices.</param>
    /// <param name="tiles">Where they lie.</param>
    /// <param name="straight">[C, K]; null for floats, where the matrices themselves are that.</param>
    /// <param name="exchanged">[K, C].</param>
    public void Make(Precision precision, Tensor values, Tensor tiles, Tensor? straight, Tensor exchanged)
    {
        if (straight is null) exchange(device.Stream, Config(tiles), GpuDevice.Floats(values), GpuDevice.Ints(tiles), GpuDevice.Floats(exchanged));
        else (precision == Precision.Tf32 ? round : halve)(device.Stream, Config(tiles), GpuDevice.Floats(values), GpuDevice.Ints(tiles), GpuDevice.Words(straight), GpuDevice.Words(exchanged));
    }

    private static KernelConfig Config(Tensor tiles) => new(new Index2D(tiles.Shape[0], 1), new Index2D(FilterTile.Side, RowsAtOnce));

    private static void ExchangeKernel(ArrayView<float> values, ArrayView<int> tiles, ArrayView<float> exchanged)
    {
        var square = SharedMemory.Allocate<float>(FilterTile.Side * Pitch);
        var tile = Load(square, values, tiles);
        for (var row = Group.IdxY; row < FilterTile.Side; row += RowsAtOnce)
        {
            int k = tile.X + row, c = tile.Y + Group.IdxX;
            if (k < tile.Width && c < tile.Height) exchanged[tile.To + k * tile.Height + c] = square[Group.IdxX * Pitch + row];
        }
    }

    private static void RoundKernel(ArrayView<float> values, ArrayView<int> tiles, ArrayView<int> straight, ArrayView<int> exchanged)
    {
        var square = SharedMemory.Allocate<float>(FilterTile.Side * Pitch);
        var tile = Load(square, values, tiles);
        for (var row = Group.IdxY; row < FilterTile.Side; row += RowsAtOnce)
        {
            int c = tile.Y + row, k = tile.X + Group.IdxX;
            if (c < tile.Height && k < tile.Width) straight[tile.To + c * tile.Width + k] = Rounded(square[row * Pitch + Group.IdxX]);
            (k, c) = (tile.X + row, tile.Y + Group.IdxX);
            if (k < tile.Width && c < tile.Height) exchanged[tile.To + k * tile.Height + c] = Rounded(square[Group.IdxX * Pitch + row]);
        }
    }

    private static int Rounded(float value) => Tf32.Round((int)Interop.FloatAsInt(value));

    private static void HalveKernel(ArrayView<float> values, ArrayView<int> tiles, ArrayView<int> straight, ArrayView<int> exchanged)
    {
        var square = SharedMemory.Allocate<float>(FilterTile.Side * Pitch);
        var tile = Load(square, values, tiles);
        int thread = Group.IdxY * FilterTile.Side + Group.IdxX, pair = thread % Pairs * 2;
        for (var row = thread / Pairs; row < FilterTile.Side; row += PairRowsAtOnce)
        {
            int c = tile.Y + row, k = tile.X + pair;
            if (c < tile.Height && k < tile.Width) straight[(tile.To + c * tile.Width + k) >> 1] = BFloat16.Pair(square[row * Pitch + pair], square[row * Pitch + pair + 1]);
            (k, c) = (tile.X + row, tile.Y + pair);
            if (k < tile.Width && c < tile.Height) exchanged[(tile.To + k * tile.Height + c) >> 1] = BFloat16.Pair(square[pair * Pitch + row], square[(pair + 1) * Pitch + row]);
        }
    }

    // The group's square, complete for all threads.
    private static FilterTile Load(ArrayView<float> square, ArrayView<float> values, ArrayView<int> tiles)
    {
        var at = Grid.IdxX * FilterTile.Ints;
        var tile = new FilterTile(tiles[at], tiles[at + 1], tiles[at + 2], tiles[at + 3], tiles[at + 4], tiles[at + 5]);
        for (var row = Group.IdxY; row < FilterTile.Side; row += RowsAtOnce)
        {
            int c = tile.Y + row, k = tile.X + Group.IdxX;
            if (c < tile.Height && k < tile.Width) square[row * Pitch + Group.IdxX] = values[tile.From + c * tile.Width + k];
        }
        Group.Barrier(); // all of the square must be there before its columns are read
        return tile;
    }
}

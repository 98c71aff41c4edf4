using ILGPU;
using ILGPU.Runtime;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Transposes a matrix of bf16 in square tiles: as <see cref="TransposeGpu"/>, with tiles twice as wide for numbers half as large.</summary>
internal sealed class TransposeHalvesGpu(GpuDevice device)
{
    private const int Side = 32, RowsAtOnce = 8, WordsOfARow = Side / 2, ColumnsAtOnce = Side * RowsAtOnce / WordsOfARow;

    // One word wider than the tile: a column's elements then lie in different banks.
    private const int Pitch = Side + 1;

    private readonly Action<AcceleratorStream, KernelConfig, ArrayView<ushort>, ArrayView<int>, int, int> transpose =
        device.Compile<Action<AcceleratorStream, KernelConfig, ArrayView<ushort>, ArrayView<int>, int, int>>(Kernel);

    public static TransposeHalvesGpu On(GpuDevice device) => device.Kernels(static gpu => new TransposeHalvesGpu(gpu));

    /// <summary>[height, width] to [width, height]; height is even.</summary>
    public void Run(int height, int width, Tensor from, Tensor to) =>
        transpose(device.Stream, new KernelConfig(new Index2D(Tiling.Count(width, Side) * Tiling.Count(height, Side), 1), new Index2D(Side, RowsAtOnce)), GpuDevice.BFloats(from), GpuDevice.Words(to), height, width);

    // Numbers come one by one, since rows may have an odd number of them; two neighbours leave as one word.
    private static void Kernel(ArrayView<ushort> from, ArrayView<int> to, int height, int width)
    {
        var tile = SharedMemory.Allocate<int>(Side * Pitch);
        var across = (width + Side - 1) / Side;
        int firstX = Grid.IdxX % across * Side, firstY = Grid.IdxX / across * Side;
        var x = firstX + Group.IdxX;
        for (var i = 0; i < Side / RowsAtOnce; i++)
        {
            var row = Group.IdxY + i * RowsAtOnce;
            if (x < width && firstY + row < height) tile[row * Pitch + Group.IdxX] = from[(firstY + row) * width + x];
        }
        Group.Barrier(); // all of the tile must be there before its columns are read
        var thread = Group.IdxY * Side + Group.IdxX;
        var pair = thread % WordsOfARow * 2;
        for (var i = 0; i < Side / ColumnsAtOnce; i++)
        {
            var column = thread / WordsOfARow + i * ColumnsAtOnce;
            if (firstX + column < width && firstY + pair < height)
                to[((firstX + column) * height + firstY + pair) >> 1] = tile[pair * Pitch + column] | (tile[(pair + 1) * Pitch + column] << 16);
        }
    }
}

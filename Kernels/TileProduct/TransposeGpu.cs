using ILGPU;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Transposes matrices in square tiles, so that reading and writing both walk along rows.</summary>
internal static class TransposeGpu
{
    public const int Side = 16;

    // One float wider than the tile: a column's elements then lie in different banks.
    private const int Pitch = Side + 1;

    public static void TransposeKernel(ArrayView<float> from, ArrayView<float> to, int height, int width)
    {
        var tile = SharedMemory.Allocate<float>(Side * Pitch);
        var (matrix, firstX, firstY) = Load(tile, from, height, width);
        var (x, y) = (firstY + Group.IdxX, firstX + Group.IdxY);
        if (x < height && y < width) to[matrix + y * height + x] = tile[Group.IdxX * Pitch + Group.IdxY];
    }

    /// <summary>The same, rounded to bf16 on the way; height is even, and two neighbours leave as one word.</summary>
    public static void TransposeToBf16Kernel(ArrayView<float> from, ArrayView<int> to, int height, int width)
    {
        var tile = SharedMemory.Allocate<float>(Side * Pitch);
        var (matrix, firstX, firstY) = Load(tile, from, height, width);
        var pair = Group.IdxX * 2;
        var (x, y) = (firstY + pair, firstX + Group.IdxY);
        if (pair < Side && x < height && y < width) to[(matrix + y * height + x) >> 1] = BFloat16.Pair(tile[pair * Pitch + Group.IdxY], tile[(pair + 1) * Pitch + Group.IdxY]);
    }

    // The group's tile, complete for all threads; where its matrix starts, and where in that the tile.
    private static (int Matrix, int FirstX, int FirstY) Load(ArrayView<float> tile, ArrayView<float> from, int height, int width)
    {
        var matrix = Grid.IdxY * height * width;
        var across = (width + Side - 1) / Side;
        var (firstX, firstY) = (Grid.IdxX % across * Side, Grid.IdxX / across * Side);
        var (x, y) = (firstX + Group.IdxX, firstY + Group.IdxY);
        if (x < width && y < height) tile[Group.IdxY * Pitch + Group.IdxX] = from[matrix + y * width + x];
        Group.Barrier(); // all of the tile must be there before its columns are read
        return (matrix, firstX, firstY);
    }
}

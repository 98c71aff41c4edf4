using ILGPU;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Transposes matrices in square tiles, so that reading and writing both walk along rows.</summary>
internal static class TransposeGpu
{
    public const int Side = 16;

    public static void TransposeKernel(ArrayView<float> from, ArrayView<float> to, int height, int width)
    {
        // One float wider than the tile: a column's elements then lie in different banks.
        var tile = SharedMemory.Allocate<float>(Side * (Side + 1));
        var matrix = Grid.IdxY * height * width;
        var across = (width + Side - 1) / Side;
        var (tileX, tileY) = (Grid.IdxX % across, Grid.IdxX / across);
        var (x, y) = (tileX * Side + Group.IdxX, tileY * Side + Group.IdxY);
        if (x < width && y < height) tile[Group.IdxY * (Side + 1) + Group.IdxX] = from[matrix + y * width + x];
        Group.Barrier(); // all of the tile must be there before its columns are read
        (x, y) = (tileY * Side + Group.IdxX, tileX * Side + Group.IdxY);
        if (x < height && y < width) to[matrix + y * height + x] = tile[Group.IdxX * (Side + 1) + Group.IdxY];
    }

    /// <summary>The same, rounded to bf16 on the way; height is even, and two neighbours leave as one word.</summary>
    public static void TransposeToBf16Kernel(ArrayView<float> from, ArrayView<int> to, int height, int width)
    {
        var tile = SharedMemory.Allocate<float>(Side * (Side + 1));
        var matrix = Grid.IdxY * height * width;
        var across = (width + Side - 1) / Side;
        var (tileX, tileY) = (Grid.IdxX % across, Grid.IdxX / across);
        var (x, y) = (tileX * Side + Group.IdxX, tileY * Side + Group.IdxY);
        if (x < width && y < height) tile[Group.IdxY * (Side + 1) + Group.IdxX] = from[matrix + y * width + x];
        Group.Barrier(); // as above
        var pair = Group.IdxX * 2;
        (x, y) = (tileY * Side + pair, tileX * Side + Group.IdxY);
        if (pair < Side && x < height && y < width)
            to[(matrix + y * height + x) >> 1] = BFloat16.Pair(tile[pair * (Side + 1) + Group.IdxY], tile[(pair + 1) * (Side + 1) + Group.IdxY]);
    }
}

using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>Transposes matrices in square tiles, so that reading and writing both walk along rows.</summary>
internal static class TransposeGpu
{
    public const int Side = 16;

    public static void TransposeKernel(ArrayView<float> from, ArrayView<float> to, int height, int width)
    {
        // One float wider than the tile: a column's elements then lie in different banks.
        var tile = SharedMemory.Allocate<float>(Side * (Side + 1));
        var matrix = Grid.IdxZ * height * width;
        var (x, y) = (Grid.IdxX * Side + Group.IdxX, Grid.IdxY * Side + Group.IdxY);
        if (x < width && y < height) tile[Group.IdxY * (Side + 1) + Group.IdxX] = from[matrix + y * width + x];
        Group.Barrier(); // all of the tile must be there before its columns are read
        (x, y) = (Grid.IdxY * Side + Group.IdxX, Grid.IdxX * Side + Group.IdxY);
        if (x < height && y < width) to[matrix + y * height + x] = tile[Group.IdxX * (Side + 1) + Group.IdxY];
    }
}

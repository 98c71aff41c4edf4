using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The random decisions for one image: where the crop begins and whether it is mirrored.</summary>
/// <remarks>
/// A pure function of (seed, epoch, index of the image in its data set): the same on every device, for every number of threads and in whatever
/// batch the image comes. Plain integer code, so that it also compiles inside GPU kernels.
/// </remarks>
internal static class ImagePlacement
{
    /// <summary>Pixels of padding on each side; the crop begins at one of 2·4 + 1 rows and columns.</summary>
    public const int Padding = 4;

    /// <summary>Source row = output row + the first part − 4, and so on.</summary>
    /// <param name="seed">The experiment's seed.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="image">Index in the data set.</param>
    /// <param name="augmentation">An <see cref="ImageAugmentation"/>, as a number.</param>
    /// <returns>The row shift times 64 plus the column shift times 2 plus the flip (0 or 1); shifts count from 0 to 8, 4 meaning none.</returns>
    public static int Draw(ulong seed, int epoch, int image, int augmentation)
    {
        if (augmentation == (int)ImageAugmentation.None) return Pack(Padding, Padding, 0);
        var (x, y, z, _) = Philox.Bits(seed, RandomStreams.ImageChanges, ((ulong)(uint)epoch << 32) | (uint)image);
        // The high half of word × 9 is even to within 9/2³²: no test of a training could find the difference.
        var row = (int)(((ulong)x * (2 * Padding + 1)) >> 32);
        var column = (int)(((ulong)y * (2 * Padding + 1)) >> 32);
        return Pack(row, column, augmentation == (int)ImageAugmentation.CropFlip ? (int)(z >> 31) : 0);
    }

    public static int RowShift(int placement) => (placement >> 6) - Padding;

    public static int ColumnShift(int placement) => ((placement >> 1) & 31) - Padding;

    public static bool IsFlipped(int placement) => (placement & 1) != 0;

    private static int Pack(int row, int column, int flip) => row * 64 + column * 2 + flip;
}

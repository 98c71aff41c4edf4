namespace LpcEngine.Kernels;

/// <summary>Slices of rows as a warpgroup's products read them: rows of 64 bytes below each other, places of 16 bytes exchanged in pairs of rows ("64-byte swizzle").</summary>
/// <remarks>
/// The columns are dealt as <see cref="WarpTile"/> deals them, so that a thread's results of a row are eight neighbours: column 8t + 2j + e of 32 is the product's column 8j + 2t + e. There the lane says
/// which row it loads; here the row is put there.
/// </remarks>
internal readonly struct WarpgroupRows : IRowPlaces
{
    public int Left(int row, int place) => row * RowSlices.Pitch + ((place ^ ((row >> 1) & 3)) << 4);

    public int Right(int column, int place) => Left((column & ~31) | ((column << 2) & 24) | ((column >> 2) & 6) | (column & 1), place);
}

/// <summary>Slices of 32 pixels of bf16 as a warpgroup's products read them: blocks of 64 channels behind each other, in which a pixel has 128 bytes; places are exchanged over eight pixels ("128-byte swizzle").</summary>
internal readonly struct WarpgroupPixels : IPixelPlaces
{
    /// <summary>Bytes of a block: 32 pixels of 64 channels.</summary>
    public const int Block = 32 * 128;

    public int Of(int pixel, int place, int channels) => (place >> 3) * Block + pixel * 128 + (((place & 7) ^ (pixel & 7)) << 4);

    public int Pitch(int channels) => 128;
}

using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>
/// Rows of C channels seen as fewer, longer rows, so that vectors always fit: the loops of all per-channel kernels on the CPU.
/// </summary>
/// <remarks>
/// As many rows of C floats as make a multiple of 16 and at least 128 are joined to one of <see cref="Width"/> floats; position j holds
/// channel j mod C, and per-channel constants are repeated up to that width. So 3, 17 or 8 channels run at the speed of 64, without masks.
/// Joined rows are cut into tiles by shape alone; what is left over at the end (less than one joined row) belongs to the last tile. The
/// width does not depend on the vectors' width, so that all of them give the same bits.
/// </remarks>
internal readonly struct ChannelRows
{
    // 128 KiB a tile: it stays in the second-level cache, and ResNet sizes give each core dozens of tiles.
    private const int SmallestTileFloats = 32 * 1024;

    // Partial results are three floats a column and tile: with 64 rows or more they're under 5 % of the traffic.
    private const int SmallestTileRows = 64;

    /// <summary>Cuts a tensor whose last axis is the channels.</summary>
    /// <param name="count">Number of elements.</param>
    /// <param name="channels">Extent of the last axis.</param>
    public ChannelRows(int count, int channels)
    {
        (Count, Channels) = (count, channels);
        var together = channels / GreatestCommonDivisor(channels, 16) * 16;
        Width = together * Tiling.Count(128, together);
        TileRows = Math.Max(SmallestTileRows, SmallestTileFloats / Width);
        TileFloats = (int)Math.Min(int.MaxValue / 2, (long)TileRows * Width);
        TileRows = TileFloats / Width;
        TileFloats = TileRows * Width;
        Tiles = Tiling.Count(count, TileFloats);
    }

    /// <summary>Number of elements.</summary>
    public readonly int Count;

    /// <summary>Channels.</summary>
    public readonly int Channels;

    /// <summary>Floats in a joined row: a multiple of 16 and of <see cref="Channels"/>.</summary>
    public readonly int Width;

    /// <summary>Joined rows in a tile.</summary>
    public readonly int TileRows;

    /// <summary>Floats in a tile.</summary>
    public readonly int TileFloats;

    /// <summary>Number of tiles.</summary>
    public readonly int Tiles;

    /// <summary>Rows of the tensor.</summary>
    public int Rows => Count / Channels;

    /// <summary>The complete joined rows of one tile.</summary>
    public int RowsOf(int tile) => tile < Tiles - 1 ? TileRows : (Count - tile * TileFloats) / Width;

    /// <summary>The floats of one tile beyond its complete joined rows.</summary>
    public int RestOf(int tile) => tile < Tiles - 1 ? 0 : (Count - tile * TileFloats) % Width;

    /// <summary>Repeats one value per channel up to <see cref="Width"/>.</summary>
    public unsafe void Repeat(float* from, float* to)
    {
        for (var start = 0; start < Width; start += Channels)
            new ReadOnlySpan<float>(from, Channels).CopyTo(new Span<float>(to + start, Channels));
    }

    private static int GreatestCommonDivisor(int a, int b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);
}

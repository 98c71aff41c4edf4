using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>
/// Rows of C channels as the GPU kernels of per-channel operations see them: joined to rows of a multiple of four elements, at least 64, cut
/// into tiles of rows.
/// </summary>
/// <remarks>
/// A group of 256 threads takes 64 columns of one tile: 16 threads side by side read four elements each (256 neighbouring bytes of floats,
/// 128 of bf16), 16 such rows at a time. A thread keeps its columns, so it loads their constants once. The cut does not depend on how
/// elements are stored, so neither does the order of any sum.
/// </remarks>
internal readonly struct GpuRows
{
    public const int GroupSize = 256;
    public const int GroupColumns = 64;
    public const int Quads = 16;
    public const int Lanes = 16;

    // About eight groups for each of a large GPU's multiprocessors, in one wave; more would only make more partial results.
    private const int WantedGroups = 1024;

    // However much data there is, a thread adds no more than 256 terms in single precision.
    private const int LongestTile = 256 * Lanes;

    public GpuRows(int count, int channels)
    {
        (Count, Channels) = (count, channels);
        var together = channels % 4 == 0 ? channels : channels % 2 == 0 ? channels * 2 : channels * 4;
        Width = together * ((GroupColumns + together - 1) / together);
        ColumnBlocks = (Width + GroupColumns - 1) / GroupColumns;
        CompleteRows = count / Width;
        JoinedRows = (int)(((long)count + Width - 1) / Width);
        var rows = ((long)JoinedRows * ColumnBlocks + WantedGroups - 1) / WantedGroups;
        TileRows = (int)Math.Clamp((rows + Lanes - 1) / Lanes * Lanes, 2 * Lanes, LongestTile);
        Tiles = (JoinedRows + TileRows - 1) / TileRows;
    }

    private GpuRows(int count, int channels, int tileRows)
    {
        (Count, Channels, Width, TileRows) = (count, channels, channels, tileRows);
        ColumnBlocks = (Width + GroupColumns - 1) / GroupColumns;
        CompleteRows = JoinedRows = count / channels;
        Tiles = (JoinedRows + tileRows - 1) / tileRows;
    }

    /// <summary>Rows as they are, cut into tiles of somebody else's: for partial results only, since four elements of such rows may not be neighbours.</summary>
    public static GpuRows InTiles(int count, int channels, int tileRows) => new(count, channels, tileRows);

    /// <summary>Number of elements.</summary>
    public readonly int Count;

    /// <summary>Channels.</summary>
    public readonly int Channels;

    /// <summary>Elements of a joined row.</summary>
    public readonly int Width;

    /// <summary>Groups that share a tile.</summary>
    public readonly int ColumnBlocks;

    /// <summary>Joined rows that are complete.</summary>
    public readonly int CompleteRows;

    /// <summary>Joined rows, the last one perhaps incomplete.</summary>
    public readonly int JoinedRows;

    /// <summary>Joined rows of a tile.</summary>
    public readonly int TileRows;

    /// <summary>Number of tiles.</summary>
    public readonly int Tiles;

    /// <summary>The launch for one group per tile and block of columns.</summary>
    public KernelConfig Config => new(new Index2D(ColumnBlocks, Tiles), new Index2D(GroupSize, 1));

    /// <summary>How many values column <paramref name="column"/> has in a tile.</summary>
    public int Values(int tile, int column)
    {
        var first = tile * TileRows;
        var end = IntrinsicMath.Min(first + TileRows, JoinedRows);
        return (end - 1) * Width + column < Count ? end - first : end - first - 1;
    }

    /// <summary>One more than the last complete joined row of a tile.</summary>
    public int CompleteEnd(int tile) => IntrinsicMath.Min((tile + 1) * TileRows, CompleteRows);

    /// <summary>One more than the last joined row of a tile, which is complete or, of all rows the last, may not be.</summary>
    public int End(int tile) => IntrinsicMath.Min((tile + 1) * TileRows, JoinedRows);

    /// <summary>Reads four elements of the incomplete row, from a multiple of four on; those beyond the end come from <paramref name="missing"/>.</summary>
    public Float4 Load<TStorage>(TStorage from, int at, Float4 missing) where TStorage : struct, IStorage<TStorage>
    {
        if (at + 4 <= Count) return from.LoadQuad(at >> 2);
        if (at < Count) missing.X = from.Load(at);
        if (at + 1 < Count) missing.Y = from.Load(at + 1);
        if (at + 2 < Count) missing.Z = from.Load(at + 2);
        return missing;
    }

    /// <summary>Writes four elements of the incomplete row; those beyond the end are dropped.</summary>
    public void Store<TStorage>(TStorage to, int at, Float4 value) where TStorage : struct, IStorage<TStorage>
    {
        if (at + 4 <= Count)
        {
            to.StoreQuad(at >> 2, value);
            return;
        }
        if (at < Count) to.Store(at, value.X);
        if (at + 1 < Count) to.Store(at + 1, value.Y);
        if (at + 2 < Count) to.Store(at + 2, value.Z);
    }

    /// <summary>Four channels' constants from row <paramref name="row"/> of a table.</summary>
    public Float4 Constants(ArrayView<float> table, int row, int column)
    {
        var start = row * Channels;
        return new Float4(table[start + column % Channels], table[start + (column + 1) % Channels], table[start + (column + 2) % Channels], table[start + (column + 3) % Channels]);
    }
}

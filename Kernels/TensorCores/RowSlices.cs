using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>Where rows of slices lie in shared memory: as those want it who read them.</summary>
internal interface IRowPlaces
{
    /// <summary>Byte of a place of 16 in the left operand's slice.</summary>
    /// <param name="row">Row of the tile.</param>
    /// <param name="place">0 to 3.</param>
    int Left(int row, int place);

    /// <summary>The same for the right operand, whose rows along the sum are columns of the result.</summary>
    int Right(int column, int place);
}

/// <summary>What slices of rows have in common, wherever their places are.</summary>
internal static class RowSlices
{
    /// <summary>Words of a slice along the sum.</summary>
    public const int Words = 16;

    /// <summary>Bytes of one row of a slice.</summary>
    public const int Pitch = 4 * Words;

    /// <summary>Bytes of the left operand's slice, behind which the right one's lies.</summary>
    public static int LeftBytes<TTile>() where TTile : struct, IStagedTile => default(TTile).Rows * Pitch;

    /// <summary>Bytes of one stage.</summary>
    public static int StageBytes<TTile>() where TTile : struct, IStagedTile => (default(TTile).Rows + default(TTile).Columns) * Pitch;

    public static int NextStage<TTile>(int stage) where TTile : struct, IStagedTile => stage == (default(TTile).Stages - 1) * StageBytes<TTile>() ? 0 : stage + StageBytes<TTile>();
}

/// <summary>The slices of both operands of a product of gathered rows, on their way from global to shared memory: as many stages as the tile has, filled in turn.</summary>
/// <remarks>Four threads fetch the four places of a row; further rows are as many on as there are threads for.</remarks>
/// <typeparam name="TSelf">The struct.</typeparam>
internal interface IRowSlices<TSelf> where TSelf : struct, IRowSlices<TSelf>
{
    /// <summary>Slices that have not been multiplied.</summary>
    int Left { get; }

    /// <summary>Byte at which the next one lies.</summary>
    int Stage { get; }

    /// <summary>Starts fetching all slices but one that shared memory holds.</summary>
    static abstract TSelf Begin<TCore, TTile>(TileMemory memory, WordArray source, WordArray matrix, GatherPlan plan, int firstRow, int firstColumn)
        where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile;

    /// <summary>Starts fetching one more slice, to where the slice before <see cref="Stage"/> lay, and goes on to the next one.</summary>
    TSelf Next<TCore, TTile>(TileMemory memory, WordArray source, WordArray matrix, GatherPlan plan, int firstColumn)
        where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile;
}

/// <summary>Slices for any number of channels: they follow each other along (tap, channel), and one may lie across several taps.</summary>
/// <typeparam name="TPlaces">Where they go.</typeparam>
internal struct RowSlices<TPlaces> : IRowSlices<RowSlices<TPlaces>> where TPlaces : struct, IRowPlaces
{
    public int Left { get; private set; }

    public int Stage { get; private set; }

    private int unfetched, free;
    private TapCursor cursor;
    private SourcePixel a, b, c, d;

    public static RowSlices<TPlaces> Begin<TCore, TTile>(TileMemory memory, WordArray source, WordArray matrix, GatherPlan plan, int firstRow, int firstColumn)
        where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        int row = firstRow + (Group.IdxX >> 2), apart = default(TTile).Threads >> 2, count = (plan.Depth + RowSlices.Words - 1) / RowSlices.Words;
        var slices = new RowSlices<TPlaces>
        {
            Left = count, unfetched = count, cursor = TapCursor.At(plan, (Group.IdxX & 3) * 4),
            a = SourcePixel.At(plan, row), b = SourcePixel.At(plan, row + apart),
            c = LeftFetches<TTile>() > 2 ? SourcePixel.At(plan, row + 2 * apart) : default, d = LeftFetches<TTile>() > 2 ? SourcePixel.At(plan, row + 3 * apart) : default,
        };
        for (var slice = 0; slice < default(TTile).Stages - 1; slice++) slices = slices.Fetch<TCore, TTile>(memory, source, matrix, plan, firstColumn);
        return slices;
    }

    public readonly RowSlices<TPlaces> Next<TCore, TTile>(TileMemory memory, WordArray source, WordArray matrix, GatherPlan plan, int firstColumn)
        where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        var next = Fetch<TCore, TTile>(memory, source, matrix, plan, firstColumn);
        next.Left--;
        next.Stage = RowSlices.NextStage<TTile>(Stage);
        return next;
    }

    private readonly RowSlices<TPlaces> Fetch<TCore, TTile>(TileMemory memory, WordArray source, WordArray matrix, GatherPlan plan, int firstColumn)
        where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        if (unfetched > 0)
        {
            FetchLeft<TCore, TTile>(memory, source, plan);
            FetchRight<TCore, TTile>(memory, matrix, plan, firstColumn);
        }
        TCore.Commit(); // also where nothing was fetched: Wait counts groups
        var next = this;
        next.unfetched--;
        next.free = RowSlices.NextStage<TTile>(free);
        next.cursor = cursor.Advance(plan, RowSlices.Words);
        return next;
    }

    private readonly void FetchLeft<TCore, TTile>(TileMemory memory, WordArray source, GatherPlan plan) where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        int row = Group.IdxX >> 2, place = Group.IdxX & 3, apart = default(TTile).Threads >> 2;
        int tapH = plan.TapStep * cursor.TapH, tapW = plan.TapStep * cursor.TapW;
        var offset = (tapH * plan.SourceW + tapW) * plan.Channels + cursor.Channel;
        var more = cursor.TapH < plan.TapsH;
        Copy<TCore>(memory, source, plan, a, more, tapH, tapW, offset, free + default(TPlaces).Left(row, place));
        Copy<TCore>(memory, source, plan, b, more, tapH, tapW, offset, free + default(TPlaces).Left(row + apart, place));
        if (LeftFetches<TTile>() <= 2) return;
        Copy<TCore>(memory, source, plan, c, more, tapH, tapW, offset, free + default(TPlaces).Left(row + 2 * apart, place));
        Copy<TCore>(memory, source, plan, d, more, tapH, tapW, offset, free + default(TPlaces).Left(row + 3 * apart, place));
    }

    private readonly void FetchRight<TCore, TTile>(TileMemory memory, WordArray matrix, GatherPlan plan, int firstColumn) where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        int column = Group.IdxX >> 2, place = Group.IdxX & 3, apart = default(TTile).Threads >> 2, fetches = default(TTile).Columns * 4 / default(TTile).Threads;
        var tap = plan.FirstTap + cursor.TapH * plan.TapStrideH + cursor.TapW * plan.TapStrideW;
        var from = (tap * plan.Columns + firstColumn) * plan.Channels + cursor.Channel;
        var beyond = cursor.TapH < plan.TapsH ? plan.Columns - firstColumn : 0;
        var slice = free + RowSlices.LeftBytes<TTile>();
        Copy<TCore>(memory, matrix, plan, column, beyond, from, slice + default(TPlaces).Right(column, place));
        if (fetches > 1) Copy<TCore>(memory, matrix, plan, column + apart, beyond, from, slice + default(TPlaces).Right(column + apart, place));
        if (fetches <= 2) return;
        Copy<TCore>(memory, matrix, plan, column + 2 * apart, beyond, from, slice + default(TPlaces).Right(column + 2 * apart, place));
        Copy<TCore>(memory, matrix, plan, column + 3 * apart, beyond, from, slice + default(TPlaces).Right(column + 3 * apart, place));
    }

    // Rows that one thread fetches: 2 or 4.
    private static int LeftFetches<TTile>() where TTile : struct, IStagedTile => default(TTile).Rows * 4 / default(TTile).Threads;

    private static void Copy<TCore>(TileMemory memory, WordArray source, GatherPlan plan, SourcePixel pixel, bool more, int tapH, int tapW, int offset, int to) where TCore : struct, ITensorInstructions
    {
        // As unsigned numbers, negative ones are beyond the end, too.
        var inside = more & (uint)(pixel.H + tapH) < (uint)plan.SourceH & (uint)(pixel.W + tapW) < (uint)plan.SourceW;
        TCore.CopyAsync(memory, to, source, pixel.Start + offset, inside);
    }

    private static void Copy<TCore>(TileMemory memory, WordArray matrix, GatherPlan plan, int column, int beyond, int from, int to) where TCore : struct, ITensorInstructions =>
        TCore.CopyAsync(memory, to, matrix, from + column * plan.Channels, column < beyond);
}

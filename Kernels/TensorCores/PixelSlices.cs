using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>Where a slice of pixels lies in shared memory: as those want it who read it.</summary>
internal interface IPixelPlaces
{
    /// <summary>Byte of a place of 16 in a slice.</summary>
    /// <param name="pixel">Pixel of the slice.</param>
    /// <param name="place">Place among the pixel's channels.</param>
    /// <param name="channels">Channels of a pixel: rows or columns of the tile.</param>
    int Of(int pixel, int place, int channels);

    /// <summary>Bytes from a pixel to the next; the exchange of places repeats after eight.</summary>
    int Pitch(int channels);
}

/// <summary>What slices of pixels have in common, wherever their places are.</summary>
internal static class PixelSlices
{
    /// <summary>Pixels of a slice: two products' depths.</summary>
    public static int Pixels<TElement>() where TElement : struct, ITensorElement => RowSlices.Words * default(TElement).PerWord;

    /// <summary>Bytes of a pixel's channels.</summary>
    public static int Pitch<TElement>(int channels) where TElement : struct, ITensorElement => channels * 4 / default(TElement).PerWord;

    /// <summary>Bytes of the left operand's slice, behind which the right one's lies: as many as of <see cref="RowSlices"/>.</summary>
    public static int LeftBytes<TTile>() where TTile : struct, IStagedTile => RowSlices.LeftBytes<TTile>();
}

/// <summary>The slices of both operands of a sum over pixels, on their way from global to shared memory: as many stages as the tile has, filled in turn.</summary>
/// <remarks>A thread fetches the same place of 16 bytes of one pixel after the other; neighbours fetch neighbouring places.</remarks>
/// <typeparam name="TElement">The numbers.</typeparam>
/// <typeparam name="TPlaces">Where they go.</typeparam>
internal struct PixelSlices<TElement, TPlaces> where TElement : struct, ITensorElement where TPlaces : struct, IPixelPlaces
{
    /// <summary>Slices that have not been multiplied.</summary>
    public int Left;

    /// <summary>Byte at which the next one lies.</summary>
    public int Stage;

    private int unfetched, free, end;

    // Where the thread's channels of a tap are, and the pixel of the grid.
    private SourceWalk walk;
    private int pixel;

    // Of the right operand: the row, which is a pixel, and the word in it.
    private int row, column;

    // Where the thread's first place lies in a slice of either operand.
    private int left, right;

    /// <summary>Starts fetching all slices but one that shared memory holds.</summary>
    public static PixelSlices<TElement, TPlaces> Begin<TCore, TTile>(TileMemory memory, WordArray source, WordArray matrix, GatherPlan plan, int firstRow, int firstColumn, int begin, int end)
        where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        int places = Places(default(TTile).Rows), rightPlaces = Places(default(TTile).Columns), count = (end - begin + PixelSlices.Pixels<TElement>() - 1) / PixelSlices.Pixels<TElement>();
        var slices = new PixelSlices<TElement, TPlaces>
        {
            Left = count, unfetched = count, end = end, pixel = begin + Group.IdxX / places,
            walk = SourceWalk.At(plan, firstRow / default(TElement).PerWord + 4 * (Group.IdxX & (places - 1)), begin + Group.IdxX / places, default(TTile).Threads / places),
            row = begin + Group.IdxX / rightPlaces, column = firstColumn / default(TElement).PerWord + 4 * (Group.IdxX & (rightPlaces - 1)),
            left = default(TPlaces).Of(Group.IdxX / places, Group.IdxX & (places - 1), default(TTile).Rows), right = default(TPlaces).Of(Group.IdxX / rightPlaces, Group.IdxX & (rightPlaces - 1), default(TTile).Columns),
        };
        for (var slice = 0; slice < default(TTile).Stages - 1; slice++) slices = slices.Fetch<TCore, TTile>(memory, source, matrix, plan);
        return slices;
    }

    /// <summary>Starts fetching one more slice, to where the slice before <see cref="Stage"/> lay, and goes on to the next one.</summary>
    public readonly PixelSlices<TElement, TPlaces> Next<TCore, TTile>(TileMemory memory, WordArray source, WordArray matrix, GatherPlan plan)
        where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        var next = Fetch<TCore, TTile>(memory, source, matrix, plan);
        next.Left--;
        next.Stage = RowSlices.NextStage<TTile>(Stage);
        return next;
    }

    private readonly PixelSlices<TElement, TPlaces> Fetch<TCore, TTile>(TileMemory memory, WordArray source, WordArray matrix, GatherPlan plan)
        where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        var next = this;
        if (unfetched > 0)
        {
            FetchRight<TCore, TTile>(memory, matrix, plan);
            next = FetchLeft<TCore, TTile>(memory, source, plan);
        }
        TCore.Commit(); // also where nothing was fetched: Wait counts groups
        next.unfetched--;
        next.row = row + PixelSlices.Pixels<TElement>();
        next.free = RowSlices.NextStage<TTile>(free);
        return next;
    }

    // Returns the slices as they go on in the next one.
    private readonly PixelSlices<TElement, TPlaces> FetchLeft<TCore, TTile>(TileMemory memory, WordArray source, GatherPlan plan) where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        var next = CopyLeft<TCore, TTile>(memory, source, plan, 0).CopyLeft<TCore, TTile>(memory, source, plan, 1);
        return default(TTile).Rows * 4 / default(TTile).Threads == 2 ? next : next.CopyLeft<TCore, TTile>(memory, source, plan, 2).CopyLeft<TCore, TTile>(memory, source, plan, 3);
    }

    // A copy, and the walk to the thread's next pixel.
    private readonly PixelSlices<TElement, TPlaces> CopyLeft<TCore, TTile>(TileMemory memory, WordArray source, GatherPlan plan, int fetch) where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        TCore.CopyAsync(memory, Place(left, fetch, default(TTile).Rows, default(TTile).Threads), source, walk.Source, pixel < end & walk.IsInside(plan));
        var next = this;
        next.pixel += default(TTile).Threads / Places(default(TTile).Rows);
        next.walk = walk.Next(plan);
        return next;
    }

    private readonly void FetchRight<TCore, TTile>(TileMemory memory, WordArray matrix, GatherPlan plan) where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        var fetches = default(TTile).Columns * 4 / default(TTile).Threads;
        CopyRight<TCore, TTile>(memory, matrix, plan, 0);
        if (fetches > 1) CopyRight<TCore, TTile>(memory, matrix, plan, 1);
        if (fetches <= 2) return;
        CopyRight<TCore, TTile>(memory, matrix, plan, 2);
        CopyRight<TCore, TTile>(memory, matrix, plan, 3);
    }

    private readonly void CopyRight<TCore, TTile>(TileMemory memory, WordArray matrix, GatherPlan plan, int fetch) where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        int from = row + fetch * (default(TTile).Threads / Places(default(TTile).Columns)), columns = plan.Columns / default(TElement).PerWord;
        TCore.CopyAsync(memory, PixelSlices.LeftBytes<TTile>() + Place(right, fetch, default(TTile).Columns, default(TTile).Threads), matrix, from * columns + column, column < columns & from < end);
    }

    // Where the thread's place in a further pixel lies. A multiple of eight on, the exchange of places is the same.
    private readonly int Place(int first, int fetch, int channels, int threads)
    {
        int places = Places(channels), further = fetch * (threads / places);
        return (further & 7) == 0 ? free + first + further * default(TPlaces).Pitch(channels)
            : free + default(TPlaces).Of(Group.IdxX / places + further, Group.IdxX & (places - 1), channels);
    }

    // Places of 16 bytes in one pixel's row of a slice: a power of two.
    private static int Places(int channels) => channels / (4 * default(TElement).PerWord);
}

/// <summary>Slices of pixels as <see cref="WarpTile.PlusTransposedProduct"/> reads them.</summary>
/// <typeparam name="TElement">Says with which number places are exchanged.</typeparam>
internal readonly struct TransposedPlaces<TElement> : IPixelPlaces where TElement : struct, ITensorElement
{
    public int Of(int pixel, int place, int channels) => pixel * PixelSlices.Pitch<TElement>(channels) + ((place ^ default(TElement).Swizzle(pixel)) << 4);

    public int Pitch(int channels) => PixelSlices.Pitch<TElement>(channels);
}

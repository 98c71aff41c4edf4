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

    private int unfetched, free, first, end;
    private TapCursor cursor;
    private PixelWalk walk, stride;

    /// <summary>Starts fetching all slices but one that shared memory holds.</summary>
    public static PixelSlices<TElement, TPlaces> Begin<TCore, TTile>(TileMemory memory, WordArray source, WordArray matrix, GatherPlan plan, int firstRow, int firstColumn, int begin, int end)
        where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        int places = Places(default(TTile).Rows), count = (end - begin + PixelSlices.Pixels<TElement>() - 1) / PixelSlices.Pixels<TElement>();
        var slices = new PixelSlices<TElement, TPlaces>
        {
            Left = count, unfetched = count, first = begin, end = end,
            cursor = TapCursor.At(plan, firstRow / default(TElement).PerWord + 4 * (Group.IdxX % places)),
            walk = PixelWalk.At(plan, begin + Group.IdxX / places), stride = PixelWalk.At(plan, default(TTile).Threads / places),
        };
        for (var slice = 0; slice < default(TTile).Stages - 1; slice++) slices = slices.Fetch<TCore, TTile>(memory, source, matrix, plan, firstColumn);
        return slices;
    }

    /// <summary>Starts fetching one more slice, to where the slice before <see cref="Stage"/> lay, and goes on to the next one.</summary>
    public readonly PixelSlices<TElement, TPlaces> Next<TCore, TTile>(TileMemory memory, WordArray source, WordArray matrix, GatherPlan plan, int firstColumn)
        where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        var next = Fetch<TCore, TTile>(memory, source, matrix, plan, firstColumn);
        next.Left--;
        next.Stage = RowSlices.NextStage<TTile>(Stage);
        return next;
    }

    private readonly PixelSlices<TElement, TPlaces> Fetch<TCore, TTile>(TileMemory memory, WordArray source, WordArray matrix, GatherPlan plan, int firstColumn)
        where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        var next = this;
        if (unfetched > 0)
        {
            next.walk = FetchLeft<TCore, TTile>(memory, source, plan);
            FetchRight<TCore, TTile>(memory, matrix, plan, firstColumn);
        }
        TCore.Commit(); // also where nothing was fetched: Wait counts groups
        next.unfetched--;
        next.free = RowSlices.NextStage<TTile>(free);
        next.first += PixelSlices.Pixels<TElement>();
        return next;
    }

    // Returns where the next slice's walk begins.
    private readonly PixelWalk FetchLeft<TCore, TTile>(TileMemory memory, WordArray source, GatherPlan plan) where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        var places = Places(default(TTile).Rows);
        int pixel = Group.IdxX / places, place = Group.IdxX % places, apart = default(TTile).Threads / places;
        var at = walk;
        for (var fetch = 0; fetch < default(TTile).Rows * 4 / default(TTile).Threads; fetch++)
        {
            int h = at.U * plan.Step + plan.BaseH + plan.TapStep * cursor.TapH, w = at.V * plan.Step + plan.BaseW + plan.TapStep * cursor.TapW;
            var inside = cursor.TapH < plan.TapsH & first + pixel < end & (uint)h < (uint)plan.SourceH & (uint)w < (uint)plan.SourceW;
            TCore.CopyAsync(memory, free + default(TPlaces).Of(pixel, place, default(TTile).Rows), source, ((at.Image * plan.SourceH + h) * plan.SourceW + w) * plan.Channels + cursor.Channel, inside);
            at = at.Advance(plan, stride);
            pixel += apart;
        }
        return at;
    }

    private readonly void FetchRight<TCore, TTile>(TileMemory memory, WordArray matrix, GatherPlan plan, int firstColumn) where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        var places = Places(default(TTile).Columns);
        int pixel = Group.IdxX / places, place = Group.IdxX % places, apart = default(TTile).Threads / places;
        var slice = free + PixelSlices.LeftBytes<TTile>();
        int column = firstColumn / default(TElement).PerWord + 4 * place, columns = plan.Columns / default(TElement).PerWord;
        for (var fetch = 0; fetch < default(TTile).Columns * 4 / default(TTile).Threads; fetch++)
        {
            var inside = column < columns & first + pixel < end;
            TCore.CopyAsync(memory, slice + default(TPlaces).Of(pixel, place, default(TTile).Columns), matrix, (first + pixel) * columns + column, inside);
            pixel += apart;
        }
    }

    // Places of 16 bytes in one pixel's row of a slice.
    private static int Places(int channels) => channels / (4 * default(TElement).PerWord);
}

/// <summary>Slices of pixels as <see cref="WarpTile.PlusTransposedProduct"/> reads them.</summary>
/// <typeparam name="TElement">Says with which number places are exchanged.</typeparam>
internal readonly struct TransposedPlaces<TElement> : IPixelPlaces where TElement : struct, ITensorElement
{
    public int Of(int pixel, int place, int channels) => pixel * PixelSlices.Pitch<TElement>(channels) + ((place ^ default(TElement).Swizzle(pixel)) << 4);
}

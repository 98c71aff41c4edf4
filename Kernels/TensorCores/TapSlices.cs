using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>What slices within taps have in common, wherever their places are.</summary>
internal static class TapSlices
{
    // As many taps as there are bits.
    private const int MostTaps = 32;

    /// <summary>Whether a plan's slices are of this kind.</summary>
    /// <param name="plan">The plan in words.</param>
    public static bool Take(in GatherPlan plan) => plan.Channels % RowSlices.Words == 0 && plan.TapsH * plan.TapsW <= MostTaps;
}

/// <summary>Slices that each lie within one tap, which they do where the channels are whole slices: the way of nearly all convolutions.</summary>
/// <remarks>
/// Where a slice lies is then the same question for all threads: where the tap is from the row's own pixel, and where the channels are, worked out once for all of a thread's copies. A thread keeps where its rows start and which taps lie inside the image for
/// them, a bit for each. The loop over slices of 128×64 has 95 instructions that way, with <see cref="RowSlices{TPlaces}"/> 158; issuing them was what bounded the products (docs/gpu.md).
/// Sums go through all taps of a slice's channels before the next channels: neighbouring taps read mostly the same pixels, which are then at hand.
/// </remarks>
/// <typeparam name="TPlaces">Where they go.</typeparam>
internal struct TapSlices<TPlaces> : IRowSlices<TapSlices<TPlaces>> where TPlaces : struct, IRowPlaces
{
    public int Left { get; private set; }

    public int Stage { get; private set; }

    private int unfetched, free;

    // The same in all threads: the tap of the next slice to be fetched, as row, column and bit, and its first channel.
    private int tapH, tapW, bit, channel;

    // The thread's own: words at which its rows and columns start, its bytes in a stage, and for each row the taps that lie inside.
    private int a, b, c, d, column, left, right;
    private int insideA, insideB, insideC, insideD;

    public static TapSlices<TPlaces> Begin<TCore, TTile>(TileMemory memory, WordArray source, WordArray matrix, GatherPlan plan, int firstRow, int firstColumn)
        where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        int row = Group.IdxX >> 2, place = Group.IdxX & 3, apart = default(TTile).Threads >> 2, count = plan.Depth / RowSlices.Words;
        var slices = new TapSlices<TPlaces>
        {
            Left = count, unfetched = count, bit = 1, left = default(TPlaces).Left(row, place), right = RowSlices.LeftBytes<TTile>() + default(TPlaces).Right(row, place),
            column = (firstColumn + row) * plan.Channels + 4 * place,
        };
        var pixel = OwnPixel.At(plan, firstRow + row);
        (slices.a, slices.insideA) = (pixel.Start + 4 * place, pixel.Inside);
        pixel = OwnPixel.At(plan, firstRow + row + apart);
        (slices.b, slices.insideB) = (pixel.Start + 4 * place, pixel.Inside);
        if (LeftFetches<TTile>() > 2)
        {
            pixel = OwnPixel.At(plan, firstRow + row + 2 * apart);
            (slices.c, slices.insideC) = (pixel.Start + 4 * place, pixel.Inside);
            pixel = OwnPixel.At(plan, firstRow + row + 3 * apart);
            (slices.d, slices.insideD) = (pixel.Start + 4 * place, pixel.Inside);
        }
        for (var slice = 0; slice < default(TTile).Stages - 1; slice++) slices = slices.Fetch<TCore, TTile>(memory, source, matrix, plan, firstColumn);
        return slices;
    }

    public readonly TapSlices<TPlaces> Next<TCore, TTile>(TileMemory memory, WordArray source, WordArray matrix, GatherPlan plan, int firstColumn)
        where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        var next = Fetch<TCore, TTile>(memory, source, matrix, plan, firstColumn);
        next.Left--;
        next.Stage = RowSlices.NextStage<TTile>(Stage);
        return next;
    }

    private readonly TapSlices<TPlaces> Fetch<TCore, TTile>(TileMemory memory, WordArray source, WordArray matrix, GatherPlan plan, int firstColumn)
        where TCore : struct, ITensorInstructions where TTile : struct, IStagedTile
    {
        if (unfetched > 0)
        {
            // The exchange of places repeats after eight rows on the left, so that bytes are as far apart as rows.
            int apart = default(TTile).Threads >> 2, bytes = apart * RowSlices.Pitch;
            var offset = plan.TapStep * (tapH * plan.SourceW + tapW) * plan.Channels + channel;
            TCore.CopyAsync(memory, free + left, source, a + offset, (insideA & bit) != 0);
            TCore.CopyAsync(memory, free + left + bytes, source, b + offset, (insideB & bit) != 0);
            if (LeftFetches<TTile>() > 2)
            {
                TCore.CopyAsync(memory, free + left + 2 * bytes, source, c + offset, (insideC & bit) != 0);
                TCore.CopyAsync(memory, free + left + 3 * bytes, source, d + offset, (insideD & bit) != 0);
            }

            int own = firstColumn + (Group.IdxX >> 2), step = apart * plan.Channels, fetches = default(TTile).Columns * 4 / default(TTile).Threads;
            var from = (plan.FirstTap + tapH * plan.TapStrideH + tapW * plan.TapStrideW) * plan.Columns * plan.Channels + channel + column;
            TCore.CopyAsync(memory, free + right, matrix, from, own < plan.Columns);
            if (fetches > 1) TCore.CopyAsync(memory, free + Right<TTile>(1), matrix, from + step, own + apart < plan.Columns);
            if (fetches > 2)
            {
                TCore.CopyAsync(memory, free + Right<TTile>(2), matrix, from + 2 * step, own + 2 * apart < plan.Columns);
                TCore.CopyAsync(memory, free + Right<TTile>(3), matrix, from + 3 * step, own + 3 * apart < plan.Columns);
            }
        }
        TCore.Commit(); // also where nothing was fetched: Wait counts groups
        var next = this;
        next.unfetched--;
        next.free = RowSlices.NextStage<TTile>(free);
        next.bit = bit << 1;
        next.tapW = tapW + 1;
        if (next.tapW == plan.TapsW)
        {
            next.tapW = 0;
            next.tapH = tapH + 1;
            if (next.tapH == plan.TapsH)
            {
                next.tapH = 0;
                next.bit = 1;
                next.channel = channel + RowSlices.Words;
            }
        }
        return next;
    }

    // Bytes of a further column in a stage. On the right the exchange repeats after 32 columns.
    private readonly int Right<TTile>(int fetch) where TTile : struct, IStagedTile
    {
        var further = fetch * (default(TTile).Threads >> 2);
        return (further & 31) == 0 ? right + further * RowSlices.Pitch : RowSlices.LeftBytes<TTile>() + default(TPlaces).Right((Group.IdxX >> 2) + further, Group.IdxX & 3);
    }

    // Rows that one thread fetches: 2 or 4.
    private static int LeftFetches<TTile>() where TTile : struct, IStagedTile => default(TTile).Rows * 4 / default(TTile).Threads;

    /// <summary>The pixel that tap (0, 0) of a row meets: where its channels would start, and a bit for each tap that lies inside the image.</summary>
    private struct OwnPixel(int start, int inside)
    {
        public int Start = start, Inside = inside;

        public static OwnPixel At(GatherPlan plan, int row)
        {
            var pixel = SourcePixel.At(plan, row);
            // The taps of one filter row, then those of each row of taps that lies inside. As unsigned numbers, negative ones are beyond the end, too.
            int across = 0, inside = 0;
            for (var tap = 0; tap < plan.TapsW; tap++)
                if ((uint)(pixel.W + plan.TapStep * tap) < (uint)plan.SourceW) across |= 1 << tap;
            for (var tap = 0; tap < plan.TapsH; tap++)
                if ((uint)(pixel.H + plan.TapStep * tap) < (uint)plan.SourceH) inside |= across << (tap * plan.TapsW);
            return new(pixel.Start, inside);
        }
    }
}

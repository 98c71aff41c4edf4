using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>Slices of rows that are gathered from images, and of the matrix they are multiplied with, for any numbers of channels and taps: a slice may lie across several taps.</summary>
/// <typeparam name="TAlignment">What the product's channels and columns are.</typeparam>
internal struct GatheredRowSlices<TAlignment> : IRowTileSlices<GatheredRowSlices<TAlignment>> where TAlignment : struct, IAlignment
{
    public Float4 A0 { get; private set; }

    public Float4 A1 { get; private set; }

    public Float4 B { get; private set; }

    public readonly bool LieAlongSum => true;

    public readonly bool IsAligned => default(TAlignment).IsAligned;

    private SourcePixel pixel;
    private TapCursor cursorA, cursorB;
    private int column;

    public static GatheredRowSlices<TAlignment> Begin<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan, TilePlace tile, int begin, int end) where TTile : struct, ITile<TTile>
    {
        var thread = Group.IdxX;
        var slices = new GatheredRowSlices<TAlignment>
        {
            // One or two threads fetch a row: each reads 16 bytes once or twice in a slice, together whole memory sectors of 32.
            pixel = SourcePixel.At(plan, tile.FirstRow + thread / TileShape.ThreadsPerRow<TTile>()),
            cursorA = TapCursor.At(plan, (thread & (TileShape.ThreadsPerRow<TTile>() - 1)) * 4),
            // One Float4 of the matrix a thread: neighbours read a whole row of the slice.
            column = tile.FirstColumn + (thread & (TileShape.SliceQuads<TTile>() - 1)) * 4,
            cursorB = TapCursor.At(plan, thread / TileShape.SliceQuads<TTile>()),
        };
        return slices.Fetch<TTile>(left, right, plan);
    }

    public readonly GatheredRowSlices<TAlignment> Next<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan, int k) where TTile : struct, ITile<TTile> => Fetch<TTile>(left, right, plan);

    private readonly GatheredRowSlices<TAlignment> Fetch<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan) where TTile : struct, ITile<TTile>
    {
        var next = this;
        next.A0 = pixel.Gather<TAlignment>(left, plan, cursorA);
        next.cursorA = cursorA.Advance(plan, 4 * TileShape.ThreadsPerRow<TTile>());
        if (TileShape.RowFetches<TTile>() > 1)
        {
            next.A1 = pixel.Gather<TAlignment>(left, plan, next.cursorA);
            next.cursorA = next.cursorA.Advance(plan, 4 * TileShape.ThreadsPerRow<TTile>());
        }
        var tap = plan.FirstTap + cursorB.TapH * plan.TapStrideH + cursorB.TapW * plan.TapStrideW;
        next.B = TileShape.Load(right, tap * plan.Channels + cursorB.Channel, column, cursorB.TapH < plan.TapsH, plan.Columns, IsAligned);
        next.cursorB = cursorB.Advance(plan, TileShape.Depth<TTile>());
        return next;
    }
}

using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>Slices of the transpose of rows that are gathered from images, and of the matrix they are multiplied with: a slice is a number of pixels.</summary>
/// <remarks>For any numbers of channels and columns: four neighbouring columns (tap, channel) of a pixel's row may belong to several taps.</remarks>
internal struct GatheredColumnSlices : IColumnTileSlices<GatheredColumnSlices>
{
    public Float4 A0 { get; private set; }

    public Float4 A1 { get; private set; }

    public Float4 B { get; private set; }

    public readonly bool LieAlongSum => false;

    public readonly bool IsAligned => false;

    private TapCursor cursor;
    private PixelWalk walk, stride;
    private int row, column, endA, endB;

    public static GatheredColumnSlices Begin<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan, TilePlace tile, int begin, int end) where TTile : struct, ITile<TTile>
    {
        int thread = Group.IdxX, pixel = thread / 32, row = thread / TileShape.SliceQuads<TTile>();
        var slices = new GatheredColumnSlices
        {
            cursor = TapCursor.At(plan, tile.FirstRow + (thread & 31) * 4), walk = PixelWalk.At(plan, begin + pixel), stride = PixelWalk.At(plan, TileShape.Warps<TTile>()),
            row = row, column = tile.FirstColumn + (thread & (TileShape.SliceQuads<TTile>() - 1)) * 4, endA = end - pixel, endB = end - row,
        };
        return slices.Next<TTile>(left, right, plan, begin);
    }

    public readonly GatheredColumnSlices Next<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan, int k) where TTile : struct, ITile<TTile>
    {
        var next = this;
        next.A0 = Gather(left, plan, walk, k < endA);
        next.walk = walk.Advance(plan, stride);
        if (TileShape.RowFetches<TTile>() > 1)
        {
            next.A1 = Gather(left, plan, next.walk, k < endA - TileShape.Warps<TTile>());
            next.walk = next.walk.Advance(plan, stride);
        }
        next.B = TileShape.Load(right, k + row, column, k < endB, plan.Columns, IsAligned);
        return next;
    }

    private readonly Float4 Gather(ArrayView<float> source, GatherPlan plan, PixelWalk pixel, bool inside) =>
        inside ? SourcePixel.At(plan, pixel).Gather<Unaligned>(source, plan, cursor) : new Float4();
}

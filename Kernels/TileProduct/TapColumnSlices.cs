using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>Slices of the transpose of rows that are gathered from images, where channels and columns are multiples of four: each thread fetches four channels that one tap meets, of one pixel after the other.</summary>
internal struct TapColumnSlices : IColumnTileSlices<TapColumnSlices>
{
    public Float4 A0 { get; private set; }

    public Float4 A1 { get; private set; }

    public Float4 B { get; private set; }

    public readonly bool LieAlongSum => false;

    public readonly bool IsAligned => true;

    private SourceWalk walk;

    // Where the thread fetches of the right matrix, in Float4s, and for which beginning of a slice it no longer fetches.
    private int atB, endA, endB;

    public static TapColumnSlices Begin<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan, TilePlace tile, int begin, int end) where TTile : struct, ITile<TTile>
    {
        // A warp fetches 128 neighbouring (tap, channel) columns of one pixel: whole cache lines where there are many channels.
        int thread = Group.IdxX, pixel = thread / 32, row = thread / TileShape.SliceQuads<TTile>();
        var quads = plan.InWords(4);
        // Columns beyond the edge are fetched as if they were the last ones: nobody writes what comes of them.
        var column = IntrinsicMath.Min(tile.FirstColumn + (thread & (TileShape.SliceQuads<TTile>() - 1)) * 4, plan.Columns - 4);
        var slices = new TapColumnSlices
        {
            walk = SourceWalk.At(quads, tile.FirstRow / 4 + (thread & 31), begin + pixel, TileShape.Warps<TTile>()),
            atB = (begin + row) * plan.Columns + column >> 2, endA = end - pixel, endB = end - row,
        };
        return slices.Fetch<TTile>(left, right, plan, begin);
    }

    public readonly TapColumnSlices Next<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan, int k) where TTile : struct, ITile<TTile>
    {
        var next = this;
        next.atB += TileShape.Depth<TTile>() * plan.Columns >> 2;
        return next.Fetch<TTile>(left, right, plan, k);
    }

    private readonly TapColumnSlices Fetch<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan, int k) where TTile : struct, ITile<TTile>
    {
        var next = this;
        next.A0 = MatrixColumnSlices.Quad(left, walk.Source, k < endA & walk.IsInside(plan));
        next.walk = walk.Next(plan);
        if (TileShape.RowFetches<TTile>() > 1)
        {
            next.A1 = MatrixColumnSlices.Quad(left, next.walk.Source, k < endA - TileShape.Warps<TTile>() & next.walk.IsInside(plan));
            next.walk = next.walk.Next(plan);
        }
        next.B = MatrixColumnSlices.Quad(right, atB, k < endB);
        return next;
    }
}

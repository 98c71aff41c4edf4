using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>Slices of two matrices that lie in memory as they are, left [batch, rows, depth] and right [batch, depth, columns]: one product, or a batch of them.</summary>
/// <remarks>Nothing has to be found out about a slice: both operands lie a constant further on. The sum's length must be a multiple of the tile's slices, columns of four.</remarks>
internal struct MatrixRowSlices : IRowTileSlices<MatrixRowSlices>
{
    /// <summary>A multiple of all tiles' slices, which have 8 or 16 steps.</summary>
    public const int SliceMultiple = 16;

    public Float4 A0 { get; private set; }

    public Float4 A1 { get; private set; }

    public Float4 B { get; private set; }

    public readonly bool LieAlongSum => true;

    public readonly bool IsAligned => true;

    // Where the thread fetches, in Float4s.
    private int atA, atB;

    public static MatrixRowSlices Begin<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan, TilePlace tile, int begin, int end) where TTile : struct, ITile<TTile>
    {
        // Beyond the edges the last row or column is fetched again: nobody writes what comes of it, and no fetch needs a question.
        var thread = Group.IdxX;
        var row = IntrinsicMath.Min(tile.FirstRow + thread / TileShape.ThreadsPerRow<TTile>(), plan.Rows - 1);
        var column = IntrinsicMath.Min(tile.FirstColumn + (thread & (TileShape.SliceQuads<TTile>() - 1)) * 4, plan.Columns - 4);
        var slices = new MatrixRowSlices
        {
            atA = ((tile.Batch * plan.Rows + row) * plan.Depth >> 2) + (thread & (TileShape.ThreadsPerRow<TTile>() - 1)),
            atB = (tile.Batch * plan.Depth + thread / TileShape.SliceQuads<TTile>()) * plan.Columns + column >> 2,
        };
        return slices.Fetch<TTile>(left, right);
    }

    public readonly MatrixRowSlices Next<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan, int k) where TTile : struct, ITile<TTile>
    {
        // The last slice once more, since there is nothing behind it.
        var more = k < plan.Depth;
        var next = this;
        next.atA += more ? TileShape.Depth<TTile>() / 4 : 0;
        next.atB += more ? TileShape.Depth<TTile>() * plan.Columns >> 2 : 0;
        return next.Fetch<TTile>(left, right);
    }

    private readonly MatrixRowSlices Fetch<TTile>(ArrayView<float> left, ArrayView<float> right) where TTile : struct, ITile<TTile>
    {
        var next = this;
        next.A0 = left.Cast<Float4>()[atA];
        if (TileShape.RowFetches<TTile>() > 1) next.A1 = left.Cast<Float4>()[atA + TileShape.ThreadsPerRow<TTile>()];
        next.B = right.Cast<Float4>()[atB];
        return next;
    }
}

using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>Slices of the rows of two matrices that lie in memory as they are, left [batch, rows, depth] and right [batch, rows, columns], for the product of the transposed left one with the right one.</summary>
/// <remarks>Depth and columns are multiples of four; the sum, over rows, has any length.</remarks>
internal struct MatrixColumnSlices : IColumnTileSlices<MatrixColumnSlices>
{
    public Float4 A0 { get; private set; }

    public Float4 A1 { get; private set; }

    public Float4 B { get; private set; }

    public readonly bool LieAlongSum => false;

    public readonly bool IsAligned => true;

    // Where the thread fetches, in Float4s, and for which beginning of a slice it no longer does.
    private int atA, atB, endA, endB;

    public static MatrixColumnSlices Begin<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan, TilePlace tile, int begin, int end) where TTile : struct, ITile<TTile>
    {
        // A warp fetches 128 neighbouring columns of a row of the left matrix. Beyond the edges the last columns are fetched again: nobody writes what comes of them.
        int thread = Group.IdxX, rowA = thread / 32, rowB = thread / TileShape.SliceQuads<TTile>(), first = tile.Batch * plan.Rows + begin;
        var columnA = IntrinsicMath.Min(tile.FirstRow + (thread & 31) * 4, plan.Depth - 4);
        var columnB = IntrinsicMath.Min(tile.FirstColumn + (thread & (TileShape.SliceQuads<TTile>() - 1)) * 4, plan.Columns - 4);
        var slices = new MatrixColumnSlices
        {
            atA = (first + rowA) * plan.Depth + columnA >> 2, atB = (first + rowB) * plan.Columns + columnB >> 2, endA = end - rowA, endB = end - rowB,
        };
        return slices.Fetch<TTile>(left, right, plan, begin);
    }

    public readonly MatrixColumnSlices Next<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan, int k) where TTile : struct, ITile<TTile>
    {
        var next = this;
        next.atA += TileShape.Depth<TTile>() * plan.Depth >> 2;
        next.atB += TileShape.Depth<TTile>() * plan.Columns >> 2;
        return next.Fetch<TTile>(left, right, plan, k);
    }

    private readonly MatrixColumnSlices Fetch<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan, int k) where TTile : struct, ITile<TTile>
    {
        var next = this;
        next.A0 = Quad(left, atA, k < endA);
        if (TileShape.RowFetches<TTile>() > 1) next.A1 = Quad(left, atA + (TileShape.Warps<TTile>() * plan.Depth >> 2), k < endA - TileShape.Warps<TTile>());
        next.B = Quad(right, atB, k < endB);
        return next;
    }

    /// <summary>The Float4 at a place, zero where there is none.</summary>
    public static Float4 Quad(ArrayView<float> matrix, int at, bool inside)
    {
        var quad = new Float4();
        if (inside) quad = matrix.Cast<Float4>()[at];
        return quad;
    }
}

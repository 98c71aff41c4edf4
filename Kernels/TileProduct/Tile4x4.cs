using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>4×4 sums: tiles of 128×32, for products with 17 to 32 columns.</summary>
/// <remarks>Half of a wider tile would be multiplied in vain.</remarks>
internal struct Tile4x4 : ITile<Tile4x4>
{
    public Float4 Row0, Row1, Row2, Row3;

    public readonly int RowsPerThread => 4;

    public readonly int ThreadsAcross => 8;

    // Written out: ILGPU keeps a loop as it is, and PoCL would store all sums in memory after each turn.
    public readonly Tile4x4 PlusProduct(ArrayView<Float4> a, ArrayView<Float4> b, int firstA, int row, int atB)
    {
        var at = firstA + row / 4;
        var sums = PlusOuter(a[at + 0 * TileShape.RowPitch], b[atB + 0 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 1 * TileShape.RowPitch], b[atB + 1 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 2 * TileShape.RowPitch], b[atB + 2 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 3 * TileShape.RowPitch], b[atB + 3 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 4 * TileShape.RowPitch], b[atB + 4 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 5 * TileShape.RowPitch], b[atB + 5 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 6 * TileShape.RowPitch], b[atB + 6 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 7 * TileShape.RowPitch], b[atB + 7 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 8 * TileShape.RowPitch], b[atB + 8 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 9 * TileShape.RowPitch], b[atB + 9 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 10 * TileShape.RowPitch], b[atB + 10 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 11 * TileShape.RowPitch], b[atB + 11 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 12 * TileShape.RowPitch], b[atB + 12 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 13 * TileShape.RowPitch], b[atB + 13 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 14 * TileShape.RowPitch], b[atB + 14 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 15 * TileShape.RowPitch], b[atB + 15 * TileShape.ColumnPitch]);
        return sums;
    }

    public readonly Float4 Row(int i) => i < 2 ? (i < 1 ? Row0 : Row1) : i < 3 ? Row2 : Row3;

    private readonly Tile4x4 PlusOuter(Float4 a, Float4 b) => new()
    {
        Row0 = Row0.PlusScaled(a.X, b),
        Row1 = Row1.PlusScaled(a.Y, b),
        Row2 = Row2.PlusScaled(a.Z, b),
        Row3 = Row3.PlusScaled(a.W, b),
    };
}

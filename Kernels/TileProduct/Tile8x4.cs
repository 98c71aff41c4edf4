using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>8×4 sums: tiles of 128×64, for products with more than 32 columns.</summary>
/// <remarks>For 32 multiply-adds it takes three 16-byte reads of shared memory; 4×4 would take two for 16.</remarks>
internal struct Tile8x4 : ITile<Tile8x4>
{
    public Float4 Row0, Row1, Row2, Row3, Row4, Row5, Row6, Row7;

    public readonly int RowsPerThread => 8;

    public readonly int ThreadsAcross => 16;

    // Written out: ILGPU keeps a loop as it is, and PoCL would store all sums in memory after each turn.
    public readonly Tile8x4 PlusProduct(ArrayView<Float4> a, ArrayView<Float4> b, int firstA, int row, int atB)
    {
        var at = firstA + row / 4;
        var sums = PlusOuter(a[at + 0 * TileShape.RowPitch], a[at + 0 * TileShape.RowPitch + 1], b[atB + 0 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 1 * TileShape.RowPitch], a[at + 1 * TileShape.RowPitch + 1], b[atB + 1 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 2 * TileShape.RowPitch], a[at + 2 * TileShape.RowPitch + 1], b[atB + 2 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 3 * TileShape.RowPitch], a[at + 3 * TileShape.RowPitch + 1], b[atB + 3 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 4 * TileShape.RowPitch], a[at + 4 * TileShape.RowPitch + 1], b[atB + 4 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 5 * TileShape.RowPitch], a[at + 5 * TileShape.RowPitch + 1], b[atB + 5 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 6 * TileShape.RowPitch], a[at + 6 * TileShape.RowPitch + 1], b[atB + 6 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 7 * TileShape.RowPitch], a[at + 7 * TileShape.RowPitch + 1], b[atB + 7 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 8 * TileShape.RowPitch], a[at + 8 * TileShape.RowPitch + 1], b[atB + 8 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 9 * TileShape.RowPitch], a[at + 9 * TileShape.RowPitch + 1], b[atB + 9 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 10 * TileShape.RowPitch], a[at + 10 * TileShape.RowPitch + 1], b[atB + 10 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 11 * TileShape.RowPitch], a[at + 11 * TileShape.RowPitch + 1], b[atB + 11 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 12 * TileShape.RowPitch], a[at + 12 * TileShape.RowPitch + 1], b[atB + 12 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 13 * TileShape.RowPitch], a[at + 13 * TileShape.RowPitch + 1], b[atB + 13 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 14 * TileShape.RowPitch], a[at + 14 * TileShape.RowPitch + 1], b[atB + 14 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(a[at + 15 * TileShape.RowPitch], a[at + 15 * TileShape.RowPitch + 1], b[atB + 15 * TileShape.ColumnPitch]);
        return sums;
    }

    public readonly Float4 Row(int i) =>
        i < 4 ? (i < 2 ? (i < 1 ? Row0 : Row1) : i < 3 ? Row2 : Row3) : i < 6 ? (i < 5 ? Row4 : Row5) : i < 7 ? Row6 : Row7;

    private readonly Tile8x4 PlusOuter(Float4 a, Float4 a4, Float4 b) => new()
    {
        Row0 = Row0.PlusScaled(a.X, b),
        Row1 = Row1.PlusScaled(a.Y, b),
        Row2 = Row2.PlusScaled(a.Z, b),
        Row3 = Row3.PlusScaled(a.W, b),
        Row4 = Row4.PlusScaled(a4.X, b),
        Row5 = Row5.PlusScaled(a4.Y, b),
        Row6 = Row6.PlusScaled(a4.Z, b),
        Row7 = Row7.PlusScaled(a4.W, b),
    };
}

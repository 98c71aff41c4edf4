using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>2×4 sums: tiles of 128×16, for products with at most 16 columns: narrow networks, penultimate layers, ten classes.</summary>
/// <remarks>Such products wait for their left operand in any case; what matters is not to multiply columns that aren't there.</remarks>
internal struct Tile2x4 : ITile<Tile2x4>
{
    public Float4 Row0, Row1;

    public readonly int RowsPerThread => 2;

    public readonly int ThreadsAcross => 4;

    // Written out: ILGPU keeps a loop as it is, and PoCL would store all sums in memory after each turn.
    public readonly Tile2x4 PlusProduct(ArrayView<Float4> a, ArrayView<Float4> b, int firstA, int row, int atB)
    {
        var pairs = a.Cast<Float2>();
        var at = 2 * firstA + row / 2;
        var sums = PlusOuter(pairs[at + 0 * (2 * TileShape.RowPitch)], b[atB + 0 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(pairs[at + 1 * (2 * TileShape.RowPitch)], b[atB + 1 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(pairs[at + 2 * (2 * TileShape.RowPitch)], b[atB + 2 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(pairs[at + 3 * (2 * TileShape.RowPitch)], b[atB + 3 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(pairs[at + 4 * (2 * TileShape.RowPitch)], b[atB + 4 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(pairs[at + 5 * (2 * TileShape.RowPitch)], b[atB + 5 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(pairs[at + 6 * (2 * TileShape.RowPitch)], b[atB + 6 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(pairs[at + 7 * (2 * TileShape.RowPitch)], b[atB + 7 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(pairs[at + 8 * (2 * TileShape.RowPitch)], b[atB + 8 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(pairs[at + 9 * (2 * TileShape.RowPitch)], b[atB + 9 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(pairs[at + 10 * (2 * TileShape.RowPitch)], b[atB + 10 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(pairs[at + 11 * (2 * TileShape.RowPitch)], b[atB + 11 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(pairs[at + 12 * (2 * TileShape.RowPitch)], b[atB + 12 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(pairs[at + 13 * (2 * TileShape.RowPitch)], b[atB + 13 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(pairs[at + 14 * (2 * TileShape.RowPitch)], b[atB + 14 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(pairs[at + 15 * (2 * TileShape.RowPitch)], b[atB + 15 * TileShape.ColumnPitch]);
        return sums;
    }

    public readonly Float4 Row(int i) => i < 1 ? Row0 : Row1;

    private readonly Tile2x4 PlusOuter(Float2 a, Float4 b) => new()
    {
        Row0 = Row0.PlusScaled(a.X, b),
        Row1 = Row1.PlusScaled(a.Y, b),
    };
}

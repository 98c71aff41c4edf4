using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>2×4 sums: tiles of 128×16, for products with at most 16 columns: narrow networks, penultimate layers, ten classes.</summary>
/// <remarks>Such products wait for their left operand in any case; what matters is not to multiply columns that aren't there.</remarks>
internal struct Tile2x4 : ITile<Tile2x4>
{
    public Float4 Row0, Row1;

    public readonly int Threads => 256;

    public readonly int Columns => 16;

    public readonly int ColumnsPerThread => 4;

    // In views that start at the thread's place all offsets are constants. Written out: ILGPU keeps a loop as it is, and PoCL would store all sums in memory after each turn.
    public readonly Tile2x4 PlusProduct(ArrayView<Float4> a, ArrayView<Float4> b, int atA, int atB)
    {
        var left = a.Cast<Float2>().SubView(atA);
        var right = b.SubView(atB);
        var sums = PlusOuter(left[0], right[0]);
        sums = sums.PlusOuter(left[1 * (2 * TileShape.RowPitch)], right[1 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(left[2 * (2 * TileShape.RowPitch)], right[2 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(left[3 * (2 * TileShape.RowPitch)], right[3 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(left[4 * (2 * TileShape.RowPitch)], right[4 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(left[5 * (2 * TileShape.RowPitch)], right[5 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(left[6 * (2 * TileShape.RowPitch)], right[6 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(left[7 * (2 * TileShape.RowPitch)], right[7 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(left[8 * (2 * TileShape.RowPitch)], right[8 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(left[9 * (2 * TileShape.RowPitch)], right[9 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(left[10 * (2 * TileShape.RowPitch)], right[10 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(left[11 * (2 * TileShape.RowPitch)], right[11 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(left[12 * (2 * TileShape.RowPitch)], right[12 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(left[13 * (2 * TileShape.RowPitch)], right[13 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(left[14 * (2 * TileShape.RowPitch)], right[14 * TileShape.ColumnPitch]);
        sums = sums.PlusOuter(left[15 * (2 * TileShape.RowPitch)], right[15 * TileShape.ColumnPitch]);
        return sums;
    }

    public readonly Tile2x4 Plus(Float4 near, Float4 far) => new() { Row0 = Row0 + near, Row1 = Row1 + near };

    public readonly Float4 Row(int i) => i < 1 ? Row0 : Row1;

    public readonly Float4 FarRow(int i) => default;

    private readonly Tile2x4 PlusOuter(Float2 a, Float4 b) => new()
    {
        Row0 = Row0.PlusScaled(a.X, b),
        Row1 = Row1.PlusScaled(a.Y, b),
    };
}

using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>4×4 sums: tiles of 128×32, for products with 17 to 32 columns.</summary>
/// <remarks>Half of a wider tile would be multiplied in vain.</remarks>
internal struct Tile4x4 : ITile<Tile4x4>
{
    public Float4 Row0, Row1, Row2, Row3;

    public readonly int Threads => 256;

    public readonly int Columns => 32;

    public readonly int ColumnsPerThread => 4;

    // Two times eight steps, and views that start at the thread's place: for the reasons that Tile8x4 states.
    public readonly Tile4x4 PlusProduct(ArrayView<Float4> a, ArrayView<Float4> b, int atA, int atB)
    {
        var sums = this;
        for (var k = 0; k < 16; k += 8)
        {
            ArrayView<Float4> left = a.SubView(atA + k * TileShape.RowPitch), right = b.SubView(atB + k * TileShape.ColumnPitch);
            sums = sums.PlusOuter(left[0], right[0]);
            sums = sums.PlusOuter(left[1 * TileShape.RowPitch], right[1 * TileShape.ColumnPitch]);
            sums = sums.PlusOuter(left[2 * TileShape.RowPitch], right[2 * TileShape.ColumnPitch]);
            sums = sums.PlusOuter(left[3 * TileShape.RowPitch], right[3 * TileShape.ColumnPitch]);
            sums = sums.PlusOuter(left[4 * TileShape.RowPitch], right[4 * TileShape.ColumnPitch]);
            sums = sums.PlusOuter(left[5 * TileShape.RowPitch], right[5 * TileShape.ColumnPitch]);
            sums = sums.PlusOuter(left[6 * TileShape.RowPitch], right[6 * TileShape.ColumnPitch]);
            sums = sums.PlusOuter(left[7 * TileShape.RowPitch], right[7 * TileShape.ColumnPitch]);
        }
        return sums;
    }

    public readonly Tile4x4 Plus(Float4 near, Float4 far) => new() { Row0 = Row0 + near, Row1 = Row1 + near, Row2 = Row2 + near, Row3 = Row3 + near };

    public readonly Float4 Row(int i) => i < 2 ? (i < 1 ? Row0 : Row1) : i < 3 ? Row2 : Row3;

    public readonly Float4 FarRow(int i) => default;

    private readonly Tile4x4 PlusOuter(Float4 a, Float4 b) => new()
    {
        Row0 = Row0.PlusScaled(a.X, b),
        Row1 = Row1.PlusScaled(a.Y, b),
        Row2 = Row2.PlusScaled(a.Z, b),
        Row3 = Row3.PlusScaled(a.W, b),
    };
}

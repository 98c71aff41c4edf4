using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>8×4 sums: tiles of 128×64, for products with more than 32 columns that are too small for <see cref="Tile8x8"/>.</summary>
/// <remarks>For 32 multiply-adds it takes three 16-byte reads of shared memory; 4×4 would take two for 16.</remarks>
internal struct Tile8x4 : ITile<Tile8x4>
{
    public Float4 Row0, Row1, Row2, Row3, Row4, Row5, Row6, Row7;

    public readonly int Threads => 256;

    public readonly int Columns => 64;

    public readonly int ColumnsPerThread => 4;

    // Four steps written out, four times: ILGPU keeps a loop as it is, and the driver's assembler does so with this one. Of all sixteen steps at once it would load everything first, which takes
    // 255 registers instead of 87: half as many warps on a processor, or less.
    public readonly Tile8x4 PlusProduct(ArrayView<Float4> a, ArrayView<Float4> b, int atA, int atB)
    {
        var sums = this;
        for (var k = 0; k < 16; k += 4)
        {
            // In views that start at the thread's place all offsets are constants, which reads take without an instruction.
            ArrayView<Float4> left = a.SubView(atA + k * TileShape.RowPitch), right = b.SubView(atB + k * TileShape.ColumnPitch);
            sums = sums.PlusOuter(left[0], left[1], right[0]);
            sums = sums.PlusOuter(left[TileShape.RowPitch], left[TileShape.RowPitch + 1], right[TileShape.ColumnPitch]);
            sums = sums.PlusOuter(left[2 * TileShape.RowPitch], left[2 * TileShape.RowPitch + 1], right[2 * TileShape.ColumnPitch]);
            sums = sums.PlusOuter(left[3 * TileShape.RowPitch], left[3 * TileShape.RowPitch + 1], right[3 * TileShape.ColumnPitch]);
        }
        return sums;
    }

    public readonly Tile8x4 Plus(Float4 near, Float4 far) => new()
    {
        Row0 = Row0 + near, Row1 = Row1 + near, Row2 = Row2 + near, Row3 = Row3 + near, Row4 = Row4 + near, Row5 = Row5 + near, Row6 = Row6 + near, Row7 = Row7 + near,
    };

    public readonly Float4 Row(int i) =>
        i < 4 ? (i < 2 ? (i < 1 ? Row0 : Row1) : i < 3 ? Row2 : Row3) : i < 6 ? (i < 5 ? Row4 : Row5) : i < 7 ? Row6 : Row7;

    public readonly Float4 FarRow(int i) => default;

    public readonly Tile8x4 PlusOuter(Float4 a, Float4 a4, Float4 b) => new()
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

using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>8×4 sums: tiles of 128×64, for products with more than 32 columns.</summary>
/// <remarks>For 32 multiply-adds it takes three 16-byte reads of shared memory; 4×4 would take two for 16.</remarks>
internal struct Tile8x4 : ITile<Tile8x4>
{
    public Float4 Row0, Row1, Row2, Row3, Row4, Row5, Row6, Row7;

    public readonly int RowsPerThread => 8;

    public readonly int ThreadsAcross => 16;

    // Four steps written out, four times: ILGPU keeps a loop as it is, and the driver's assembler does so with this one. Of all sixteen steps at once it would load everything first, which takes
    // 255 registers instead of 93: half as many warps on a processor, or less.
    public readonly Tile8x4 PlusProduct(ArrayView<Float4> a, ArrayView<Float4> b, int firstA, int row, int atB)
    {
        var at = firstA + row / 4;
        var sums = this;
        for (var k = 0; k < TileShape.Depth; k += 4)
        {
            sums = sums.PlusOuter(a[at], a[at + 1], b[atB]);
            sums = sums.PlusOuter(a[at + TileShape.RowPitch], a[at + TileShape.RowPitch + 1], b[atB + TileShape.ColumnPitch]);
            sums = sums.PlusOuter(a[at + 2 * TileShape.RowPitch], a[at + 2 * TileShape.RowPitch + 1], b[atB + 2 * TileShape.ColumnPitch]);
            sums = sums.PlusOuter(a[at + 3 * TileShape.RowPitch], a[at + 3 * TileShape.RowPitch + 1], b[atB + 3 * TileShape.ColumnPitch]);
            at += 4 * TileShape.RowPitch;
            atB += 4 * TileShape.ColumnPitch;
        }
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

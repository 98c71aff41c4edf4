using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>8×8 sums: tiles of 128×128, for products with more than 64 columns and tiles enough for all of a GPU.</summary>
/// <remarks>For 64 multiply-adds it takes four 16-byte reads of shared memory; 8×4 would take six.</remarks>
internal struct Tile8x8 : ITile<Tile8x8>
{
    public Sums8x8 Sums;

    public readonly int Threads => 256;

    public readonly int Columns => 128;

    public readonly int ColumnsPerThread => 8;

    public readonly Tile8x8 PlusProduct(ArrayView<Float4> a, ArrayView<Float4> b, int atA, int atB) =>
        new() { Sums = Sums.PlusProduct(a, b, atA, atB, 32) };

    public readonly Tile8x8 Plus(Float4 near, Float4 far) => new() { Sums = new() { Left = Sums.Left.Plus(near, near), Right = Sums.Right.Plus(far, far) } };

    public readonly Float4 Row(int i) => Sums.Left.Row(i);

    public readonly Float4 FarRow(int i) => Sums.Right.Row(i);
}

/// <summary>8×8 sums in tiles of 128×64, of half as many threads: for products with 33 to 64 columns.</summary>
internal struct Tile8x8Narrow : ITile<Tile8x8Narrow>
{
    public Sums8x8 Sums;

    public readonly int Threads => 128;

    public readonly int Columns => 64;

    public readonly int ColumnsPerThread => 8;

    public readonly Tile8x8Narrow PlusProduct(ArrayView<Float4> a, ArrayView<Float4> b, int atA, int atB) =>
        new() { Sums = Sums.PlusProduct(a, b, atA, atB, 16) };

    public readonly Tile8x8Narrow Plus(Float4 near, Float4 far) => new() { Sums = new() { Left = Sums.Left.Plus(near, near), Right = Sums.Right.Plus(far, far) } };

    public readonly Float4 Row(int i) => Sums.Left.Row(i);

    public readonly Float4 FarRow(int i) => Sums.Right.Row(i);
}

/// <summary>Eight rows of two times four sums.</summary>
internal struct Sums8x8
{
    public Tile8x4 Left, Right;

    /// <summary>Plus the product of two slices of eight steps.</summary>
    /// <param name="a">The left operand.</param>
    /// <param name="b">The right operand.</param>
    /// <param name="atA">Index in <paramref name="a"/> of the thread's first Float4.</param>
    /// <param name="atB">Index in <paramref name="b"/> of the thread's first Float4.</param>
    /// <param name="pitch">Float4s from one step to the next of the right slice; the thread's other Float4 lies in the middle between.</param>
    public readonly Sums8x8 PlusProduct(ArrayView<Float4> a, ArrayView<Float4> b, int atA, int atB, int pitch)
    {
        var sums = this;
        // Two times four steps, and views that start at the thread's place: for the reasons that Tile8x4 states.
        for (var k = 0; k < 8; k += 4)
        {
            ArrayView<Float4> left = a.SubView(atA + k * TileShape.RowPitch), right = b.SubView(atB + k * pitch);
            sums = sums.PlusOuter(left[0], left[1], right[0], right[pitch / 2]);
            sums = sums.PlusOuter(left[TileShape.RowPitch], left[TileShape.RowPitch + 1], right[pitch], right[pitch + pitch / 2]);
            sums = sums.PlusOuter(left[2 * TileShape.RowPitch], left[2 * TileShape.RowPitch + 1], right[2 * pitch], right[2 * pitch + pitch / 2]);
            sums = sums.PlusOuter(left[3 * TileShape.RowPitch], left[3 * TileShape.RowPitch + 1], right[3 * pitch], right[3 * pitch + pitch / 2]);
        }
        return sums;
    }

    private readonly Sums8x8 PlusOuter(Float4 a, Float4 a4, Float4 left, Float4 right) => new() { Left = Left.PlusOuter(a, a4, left), Right = Right.PlusOuter(a, a4, right) };
}

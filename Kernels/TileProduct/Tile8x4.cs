namespace LpcEngine.Kernels;

/// <summary>One thread's 8×4 piece of a product: 32 sums that stay in registers.</summary>
/// <remarks>
/// A struct of scalars, because ILGPU splits those into registers and puts arrays into (slow) local memory. For 32 multiply-adds it takes three
/// 16-byte reads of shared memory; 4×4 would take two for 16.
/// </remarks>
internal struct Tile8x4
{
    public Float4 Row0, Row1, Row2, Row3, Row4, Row5, Row6, Row7;

    /// <summary>Adds the outer product of eight elements of a column of A and four of a row of B.</summary>
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

    /// <summary>A row by its number; the comparisons vanish where the number is a constant after unrolling.</summary>
    public readonly Float4 Row(int i) => i < 4 ? i < 2 ? i == 0 ? Row0 : Row1 : i == 2 ? Row2 : Row3 : i < 6 ? i == 4 ? Row4 : Row5 : i == 6 ? Row6 : Row7;
}

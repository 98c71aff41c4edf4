using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Which of Winograd's minimal filterings computes a convolution.</summary>
internal enum WinogradKind
{
    /// <summary>None: the direct sum.</summary>
    None,

    /// <summary>F(4×4, 3×3), unit stride: <see cref="UnitForm{TVector, TSimd}"/>.</summary>
    Unit,

    /// <summary>F(2×2, 3×3), unit stride: <see cref="SmallForm{TVector, TSimd}"/>.</summary>
    Small,

    /// <summary>Stride 2: <see cref="StridedForm{TVector, TSimd}"/>.</summary>
    Strided,
}

/// <summary>When and with what tile counts Winograd's minimal filtering is used.</summary>
/// <remarks>
/// F(4×4, 3×3) computes a 4×4 patch of outputs from a 6×6 patch of inputs with 36 instead of 144 multiplications (Lavin and Gray,
/// arXiv:1509.09308, §4.3), F(2×2, 3×3) a 2×2 patch with 16 instead of 36 (§4.1); with stride 2, 81 instead of 144 do
/// (<see cref="StridedForm{TVector, TSimd}"/>). Summed over channels and patches, each position is a matrix product [patches × C]·[C × K].
/// </remarks>
internal static class Winograd
{
    // The batch for which the choice is made, whatever the batch is: an image must give the same bits alone as in any company. Training has
    // 32 images or more; there the choice is the faster one for every shape of the networks. A single image of 4×4 with 512 channels pays
    // for it with the filter's transform.
    private const int TypicalBatch = 32;

    private const int WantedTiles = 8;

    /// <summary>The way with the least work by the model below: 3×3 filters, stride 1, or stride 2 with padding 1, channels that fill vectors.</summary>
    /// <remarks>
    /// Counted in vector steps for one input channel and one vector of output channels. Directly: 9 for each pixel. Here: one for each
    /// position of a patch, with pixels and patches rounded up to the micro-kernel's eight rows; a vector's input and output transforms in
    /// cycles, shared by all channels of the other side; the filter's, whatever the number of patches. The number of images plays no part.
    /// Cycles measured with data in the cache (Zen 4), input and output: F(4×4, 3×3) 179 and 94, F(2×2, 3×3) 44 and 29, stride 2 363 and 210,
    /// its input gradient 262 and 318; the model takes a little more.
    /// </remarks>
    public static WinogradKind Choose(in ConvGeometry g)
    {
        if (!WinogradSwitch.IsOn || g.R != 3 || g.S != 3 || Lanes(g) == 0) return WinogradKind.None;
        var direct = 9.0 * RoundedUp((long)TypicalBatch * g.P * g.Q) / SimdWidth.For(g.K);
        if (g.Stride == 2 && g.Padding == 1) return Cost(g, 4, 81, 400, 300, 150) < direct ? WinogradKind.Strided : WinogradKind.None;
        if (g.Stride != 1 || g.Padding > 2) return WinogradKind.None;
        double unit = Cost(g, 4, 36, 200, 130, 150), small = Cost(g, 2, 16, 50, 40, 70);
        if (Math.Min(unit, small) >= direct) return WinogradKind.None;
        return unit <= small ? WinogradKind.Unit : WinogradKind.Small;
    }

    /// <summary>The vector width in floats, one that divides both channel counts; 0 if there is none.</summary>
    public static int Lanes(in ConvGeometry g) => Math.Min(SimdWidth.Dividing(g.C), SimdWidth.Dividing(g.K));

    /// <summary>
    /// Patches in a block of the weight gradient: enough that loading and storing sums is small beside the block's steps.
    /// </summary>
    public static int GradientBlockPatches(int positions) => positions > 36 ? 16 : 32;

    /// <summary>The patches and output channels of one tile of the convolution.</summary>
    /// <remarks>
    /// The transformed filter streams from the third-level cache once a block, at 64 / patches bytes a cycle; the transformed patches want
    /// to stay in the second. Measured flat between 16 and 64 patches, best at 16 for 64 channels (whose filter fits) and 32 above.
    /// </remarks>
    public static (int Patches, int Columns) TileSize(int c, int k, int patches, int positions)
    {
        var size = c * k <= 64 * 64 || positions > 36 ? 16 : 32;
        var blocks = Tiling.Count(patches, size);
        // Few blocks: share out the columns too; the input is then transformed once, in a job of its own.
        var columns = k;
        while (blocks * (k / columns) < WantedTiles && columns >= 128 && columns % 64 == 0) columns /= 2;
        return (size, columns);
    }

    /// <summary>Patches of a block whose tiles transform their own panel of the filter: its transform is 6 % of the products of 128.</summary>
    public const int OwnFilterPatches = 128;

    /// <summary>Whether each tile transforms the panel that it needs, into its own cache, instead of all tiles sharing the whole filter.</summary>
    /// <remarks>
    /// For filters that the shared cache doesn't hold beside the patches: they would be written to main memory and read from it again.
    /// Measured with 32 MB and batch 128: 512→512 (38 MB) gradient 15.8 → 13.6 ms, forward 14.1 → 13.6; at batch 32 5.3 → 4.4 and 4.5 → 3.9.
    /// 256→512 with stride 2 (19 MB) 14.8 → 16.7. The sums are the same either way.
    /// </remarks>
    /// <param name="floats">Floats of the whole transformed filter.</param>
    public static bool FilterIsLarge(long floats) => floats * sizeof(float) > CacheSizes.Level3 / 4 * 3;

    /// <summary>Output channels of a tile that are multiplied and transformed back at a time.</summary>
    public static int SliceColumns(int positions, int columns) => positions > 36 ? Math.Min(columns, 64) : columns;

    /// <summary>
    /// Floats from one transformed patch to the next: one cache line more than the channels, so that eight rows spread over cache sets.
    /// </summary>
    public static int RowFloats(int channels) => Tiling.RoundUp(channels, 16) + 16;

    /// <summary>Floats from one position to the next: an odd number of cache lines, for the same reason.</summary>
    public static long PlaneFloats(int patches, int rowFloats) => ((long)patches * rowFloats / 16 | 1) * 16;

    private static long RoundedUp(long rows) => rows + 7 & ~7L;

    private static double Cost(in ConvGeometry g, int side, int positions, double input, double output, double filter)
    {
        var patches = (long)TypicalBatch * Tiling.Count(g.P, side) * Tiling.Count(g.Q, side);
        return (positions * RoundedUp(patches) + patches * (input / g.K + output / g.C) + filter) / Lanes(g);
    }
}

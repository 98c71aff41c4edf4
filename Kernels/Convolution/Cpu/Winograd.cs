using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>When and with what tile counts Winograd's minimal filtering is used.</summary>
/// <remarks>
/// F(4×4, 3×3) computes a 4×4 patch of outputs from a 6×6 patch of inputs with 36 instead of 144 multiplications
/// (Lavin and Gray, arXiv:1509.09308, §4.3): y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A. Summed over channels and patches, each of the 36 positions is a
/// matrix product [patches × C]·[C × K].
/// </remarks>
internal static class Winograd
{
    /// <summary>Side of a patch of outputs.</summary>
    public const int OutputSide = 4;

    /// <summary>Side of a patch of inputs.</summary>
    public const int InputSide = 6;

    /// <summary>Positions of a transformed patch, each with a matrix product of its own.</summary>
    public const int Positions = InputSide * InputSide;

    // The batch for which the choice is made, whatever the batch is: an image must give the same bits alone as in any company. Training has
    // 32 images or more; there the choice is the faster one for every shape of the networks. A single image of 4×4 with 512 channels pays
    // for it with the filter's transform.
    private const int TypicalBatch = 32;

    /// <summary>
    /// Whether a shape is computed this way: 3×3, unit stride, channels that fill vectors, and less work by the model below.
    /// </summary>
    /// <remarks>
    /// Counted in vector steps for one input channel and one vector of output channels. Directly: 9 for each pixel. Here: 36 for each
    /// patch, both rounded up to the micro-kernel's eight rows; 200 for an input vector's transform and 130 for an output vector's
    /// (measured cycles), shared by all channels of the other side; 150 for the filter's, whatever the number of patches. The number of
    /// images plays no part.
    /// </remarks>
    public static bool Suits(in ConvGeometry g)
    {
        if (!WinogradSwitch.IsOn) return false;
        if (g.R != 3 || g.S != 3 || g.Stride != 1 || g.Padding > 2 || Lanes(g) == 0) return false;
        long pixels = (long)TypicalBatch * g.P * g.Q, patches = (long)TypicalBatch * Patches(g.P) * Patches(g.Q);
        var direct = 9.0 * (pixels + 7 & ~7L) / SimdWidth.For(g.K);
        var winograd = (36.0 * (patches + 7 & ~7L) + patches * (200.0 / g.K + 130.0 / g.C) + 150) / Lanes(g);
        return winograd < direct;
    }

    /// <summary>The vector width in floats, one that divides both channel counts; 0 if there is none.</summary>
    public static int Lanes(in ConvGeometry g) => Math.Min(SimdWidth.Dividing(g.C), SimdWidth.Dividing(g.K));

    private const int WantedTiles = 8;

    /// <summary>
    /// Patches in a block of the weight gradient: enough that loading and storing sums is small beside the block's steps.
    /// </summary>
    public const int GradientBlockPatches = 32;

    /// <summary>The patches and output channels of one tile of the convolution.</summary>
    /// <remarks>
    /// The transformed filter streams from the third-level cache once a block, at 64 / patches bytes a cycle; the transformed patches want
    /// to stay in the second. Measured flat between 16 and 64 patches, best at 16 for 64 channels (whose filter fits) and 32 above.
    /// </remarks>
    public static (int Patches, int Columns) TileSize(int c, int k, int patches)
    {
        var size = c * k <= 64 * 64 ? 16 : 32;
        var blocks = Tiling.Count(patches, size);
        // Few blocks: share out the columns too; the input is then transformed once, in a job of its own.
        var columns = k;
        while (blocks * (k / columns) < WantedTiles && columns >= 128 && columns % 64 == 0) columns /= 2;
        return (size, columns);
    }

    /// <summary>Patches along a side.</summary>
    public static int Patches(int outputs) => Tiling.Count(outputs, OutputSide);

    /// <summary>
    /// Floats from one transformed patch to the next: one cache line more than the channels, so that eight rows spread over cache sets.
    /// </summary>
    public static int RowFloats(int channels) => Tiling.RoundUp(channels, 16) + 16;

    /// <summary>Floats from one position to the next: an odd number of cache lines, for the same reason.</summary>
    public static long PlaneFloats(int patches, int rowFloats) => ((long)patches * rowFloats / 16 | 1) * 16;
}

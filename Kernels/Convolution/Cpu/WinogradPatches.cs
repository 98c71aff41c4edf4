using System.Runtime.Intrinsics;

namespace LpcEngine.Kernels;

/// <summary>The patches of a set of images in their order: a cursor that says where the current patch's pixels lie.</summary>
/// <remarks>
/// Neighbouring patches are 4 pixels apart, whether they are 4 or 6 wide. A cursor, because three divisions a patch showed in the profile.
/// </remarks>
internal unsafe struct WinogradPatches
{
    /// <summary>Addresses that <see cref="Locate"/> may write: those of 36 pixels and two beyond.</summary>
    public const int TableSize = Winograd.Positions + 2;

    private readonly int height, width, channels, side, padding, patchesH, patchesW;
    private int n, patchH, patchW;

    /// <summary>Patches of a number of images, at the first.</summary>
    /// <param name="height">Image height.</param>
    /// <param name="width">Image width.</param>
    /// <param name="channels">Floats in a pixel.</param>
    /// <param name="side">Pixels along a patch's side, 4 or 6.</param>
    /// <param name="padding">How far the first patch sticks out at the top and left.</param>
    /// <param name="patchesH">Patches in a column.</param>
    /// <param name="patchesW">Patches in a row.</param>
    public WinogradPatches(int height, int width, int channels, int side, int padding, int patchesH, int patchesW)
    {
        (this.height, this.width, this.channels, this.side, this.padding) = (height, width, channels, side, padding);
        (this.patchesH, this.patchesW) = (patchesH, patchesW);
    }

    /// <summary>Height of an image.</summary>
    public readonly int Height => height;

    /// <summary>Floats in a row of an image.</summary>
    public readonly long RowFloats => (long)width * channels;

    /// <summary>Floats in a pixel.</summary>
    public readonly int Channels => channels;

    /// <summary>First row of the 4×4 pixels that the current patch shares with no other.</summary>
    public readonly int CellH => patchH * Winograd.OutputSide;

    /// <summary>How many of those pixels lie inside the image, along a row.</summary>
    public readonly int CellPixels => Math.Min(Winograd.OutputSide, width - patchW * Winograd.OutputSide);

    /// <summary>The same patches, at a given one.</summary>
    /// <param name="patch">Which, counted over all images.</param>
    public readonly WinogradPatches At(int patch)
    {
        var cursor = this;
        var line = patch / patchesW;
        (cursor.n, cursor.patchH, cursor.patchW) = (line / patchesH, line % patchesH, patch % patchesW);
        return cursor;
    }

    /// <summary>Goes to the next patch.</summary>
    public void Advance()
    {
        if (++patchW < patchesW) return;
        patchW = 0;
        if (++patchH < patchesH) return;
        patchH = 0;
        n++;
    }

    /// <summary>The first of the 4×4 pixels that the current patch shares with no other.</summary>
    /// <param name="images">The images.</param>
    public readonly float* Cell(float* images) =>
        images + ((long)n * height + CellH) * RowFloats + (long)patchW * Winograd.OutputSide * channels;

    /// <summary>Writes the addresses of the current patch's pixels, row by row.</summary>
    /// <remarks>Four addresses at a time; of a six-pixel row's eight the last two are overwritten by the next row.</remarks>
    /// <param name="images">The images.</param>
    /// <param name="outside">The address for pixels outside the image.</param>
    /// <param name="pixels">Where the addresses go, with room for <see cref="TableSize"/>.</param>
    public readonly void Locate(float* images, float* outside, float** pixels)
    {
        int h = CellH - padding, w0 = patchW * Winograd.OutputSide - padding;
        var row = (long)(images + ((long)n * height + h) * RowFloats + (long)w0 * channels);
        Vector256<long> steps = Vector256.Create(0L, 1, 2, 3), elsewhere = Vector256.Create((long)outside);
        Vector256<long> left = steps + Vector256.Create((long)w0), right = left + Vector256.Create(4L), limit = Vector256.Create((long)width);
        var leftInside = Vector256.GreaterThanOrEqual(left, default) & Vector256.LessThan(left, limit);
        var rightInside = Vector256.LessThan(right, limit);
        steps *= Vector256.Create((long)channels * sizeof(float));
        var far = steps + Vector256.Create(4L * channels * sizeof(float));
        for (var i = 0; i < side; i++, h++, row += RowFloats * sizeof(float), pixels += side)
        {
            var inside = (uint)h < (uint)height ? Vector256<long>.AllBitsSet : default;
            Vector256.ConditionalSelect(leftInside & inside, steps + Vector256.Create(row), elsewhere).Store((long*)pixels);
            if (side > 4) Vector256.ConditionalSelect(rightInside & inside, far + Vector256.Create(row), elsewhere).Store((long*)pixels + 4);
        }
    }
}

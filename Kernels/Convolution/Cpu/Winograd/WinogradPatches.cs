using System.Runtime.Intrinsics;

namespace LpcEngine.Kernels;

/// <summary>The patches of a set of images in their order: a cursor that says where the current patch's pixels lie.</summary>
/// <remarks>
/// Neighbouring patches are a step apart, and may be wider than that. A cursor, because three divisions a patch showed in the profile.
/// </remarks>
internal unsafe struct WinogradPatches
{
    /// <summary>Addresses that <see cref="Locate"/> may write: those of 9×9 pixels and three beyond.</summary>
    public const int TableSize = 9 * 9 + 3;

    private readonly int height, width, channels, side, step, padding, patchesH, patchesW;
    private int n, patchH, patchW;

    /// <summary>Patches of a number of images, at the first.</summary>
    /// <param name="height">Image height.</param>
    /// <param name="width">Image width.</param>
    /// <param name="channels">Floats in a pixel.</param>
    /// <param name="side">Pixels along a patch's side, 9 at most.</param>
    /// <param name="step">Pixels from one patch to the next.</param>
    /// <param name="padding">How far the first patch sticks out at the top and left.</param>
    /// <param name="patchesH">Patches in a column.</param>
    /// <param name="patchesW">Patches in a row.</param>
    public WinogradPatches(int height, int width, int channels, int side, int step, int padding, int patchesH, int patchesW)
    {
        (this.height, this.width, this.channels, this.side, this.step, this.padding) = (height, width, channels, side, step, padding);
        (this.patchesH, this.patchesW) = (patchesH, patchesW);
    }

    /// <summary>Height of an image.</summary>
    public readonly int Height => height;

    /// <summary>Floats in a row of an image.</summary>
    public readonly long RowFloats => (long)width * channels;

    /// <summary>Floats in a pixel.</summary>
    public readonly int Channels => channels;

    /// <summary>Side of the square of pixels that a patch shares with no other.</summary>
    public readonly int CellSide => step;

    /// <summary>First row of the current patch's cell.</summary>
    public readonly int CellH => patchH * step;

    /// <summary>How many of the cell's pixels lie inside the image, along a row.</summary>
    public readonly int CellPixels => Math.Min(step, width - patchW * step);

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

    /// <summary>The first pixel of the current patch's cell.</summary>
    /// <param name="images">The images.</param>
    public readonly float* Cell(float* images) => images + ((long)n * height + CellH) * RowFloats + (long)patchW * step * channels;

    /// <summary>Writes the addresses of the current patch's pixels, row by row.</summary>
    /// <remarks>Four addresses at a time; those beyond a row's last are overwritten by the next row.</remarks>
    /// <param name="images">The images.</param>
    /// <param name="outside">The address for pixels outside the image.</param>
    /// <param name="pixels">Where the addresses go, with room for <see cref="TableSize"/>.</param>
    public readonly void Locate(float* images, float* outside, float** pixels)
    {
        int h = CellH - padding, w0 = patchW * step - padding;
        var row = (long)(images + ((long)n * height + h) * RowFloats + (long)w0 * channels);
        Vector256<long> pixel = Vector256.Create((long)channels * sizeof(float)), elsewhere = Vector256.Create((long)outside);
        Vector256<long> first = Vector256.Create(0L, 1, 2, 3), second = first + Vector256.Create(4L), third = first + Vector256.Create(8L);
        Vector256<long> left = Vector256.Create((long)w0), limit = Vector256.Create((long)width);
        Vector256<long> firstInside = Inside(first + left, limit), secondInside = Inside(second + left, limit), thirdInside = Inside(third + left, limit);
        first *= pixel;
        second *= pixel;
        third *= pixel;
        for (var i = 0; i < side; i++, h++, row += RowFloats * sizeof(float), pixels += side)
        {
            Vector256<long> inside = (uint)h < (uint)height ? Vector256<long>.AllBitsSet : default, start = Vector256.Create(row);
            Vector256.ConditionalSelect(firstInside & inside, first + start, elsewhere).Store((long*)pixels);
            if (side > 4) Vector256.ConditionalSelect(secondInside & inside, second + start, elsewhere).Store((long*)pixels + 4);
            if (side > 8) Vector256.ConditionalSelect(thirdInside & inside, third + start, elsewhere).Store((long*)pixels + 8);
        }
    }

    private static Vector256<long> Inside(Vector256<long> w, Vector256<long> limit) => Vector256.GreaterThanOrEqual(w, default) & Vector256.LessThan(w, limit);
}

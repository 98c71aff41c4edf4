using System.Runtime.CompilerServices;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Asks for the memory of coming Winograd patches, a few cache lines at a time, while products are computed.</summary>
/// <remarks>
/// The transforms touch short pieces of many rows, which the hardware's prefetcher does not foresee: from main memory a transform took
/// 960 cycles a vector instead of 216, and the inverse 430 instead of 125. A product computes for thousands of cycles and needs no memory.
/// </remarks>
internal unsafe struct CellPrefetcher
{
    private readonly float* images;
    private readonly int channel, channels, lines;
    private WinogradPatches patches;
    private float* line, segmentEnd, row;
    private int patchesLeft, rowsLeft, pixelsLeft, rowPixels;

    /// <summary>Begins at a run of patches.</summary>
    /// <param name="images">The images.</param>
    /// <param name="patches">Their patches; of each its cell is fetched.</param>
    /// <param name="first">First patch.</param>
    /// <param name="count">How many.</param>
    /// <param name="channel">First channel of each pixel.</param>
    /// <param name="channels">Channels of each pixel.</param>
    /// <param name="calls">How often <see cref="Next"/> will be called.</param>
    public CellPrefetcher(float* images, in WinogradPatches patches, int first, int count, int channel, int channels, int calls)
    {
        this.images = images;
        this.patches = patches.At(first);
        (this.channel, this.channels, patchesLeft) = (channel, channels, count);
        lines = 1 + (int)((long)count * patches.CellSide * patches.CellSide * channels / (MemoryHint.LineFloats * calls));
    }

    /// <summary>Asks for the next share of lines; nothing after the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next()
    {
        for (var left = lines; left > 0; left--, line += MemoryHint.LineFloats)
        {
            if (line >= segmentEnd && !NextSegment()) return;
            MemoryHint.Fetch(line);
        }
    }

    // A segment is a row of a cell, or one pixel of it where only some channels are wanted.
    private bool NextSegment()
    {
        if (pixelsLeft > 0)
        {
            pixelsLeft--;
            line = segmentEnd - channels + patches.Channels;
        }
        else
        {
            for (; rowsLeft == 0; patches.Advance())
            {
                if (patchesLeft-- <= 0)
                {
                    patchesLeft = 0;
                    return false;
                }
                row = patches.Cell(images) + channel;
                rowPixels = Math.Max(0, patches.CellPixels);
                rowsLeft = rowPixels == 0 ? 0 : Math.Clamp(patches.Height - patches.CellH, 0, patches.CellSide);
            }
            rowsLeft--;
            line = row;
            row += patches.RowFloats;
            if (channels == patches.Channels)
            {
                segmentEnd = line + (long)rowPixels * channels;
                return true;
            }
            pixelsLeft = rowPixels - 1;
        }
        segmentEnd = line + channels;
        return true;
    }
}

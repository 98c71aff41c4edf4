using System.Runtime.InteropServices;
using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>Slices of gathered rows that each lie within one tap, which they do where the channels are whole slices: the way of nearly all convolutions.</summary>
/// <remarks>
/// From slice to slice of a tap both operands lie a constant further on, as in <see cref="MatrixRowSlices"/>. How far it is from the last slice of a tap to the first of the next, and which tap that is, all threads read from a table in shared memory; where an image ends
/// each has worked out before the loop.
/// </remarks>
internal struct TapRowSlices : IRowTileSlices<TapRowSlices>
{
    private const int MostTaps = 128;

    public Float4 A0 { get; private set; }

    public Float4 A1 { get; private set; }

    public Float4 B { get; private set; }

    public readonly bool LieAlongSum => true;

    public readonly bool IsAligned => true;

    // The same in all threads: channels of the tap that are left, and what lies behind each tap.
    private int channels, tap;
    private ArrayView<TapJump> jumps;

    // The thread's own: where it fetches, in Float4s; the taps that lie outside the image for its row, and whether that of the slice does.
    private int atA, atB, outsideTaps, outside;

    /// <summary>Whether a plan's slices are of this kind.</summary>
    public static bool Take<TTile>(in GatherPlan plan) where TTile : struct, ITile<TTile> =>
        plan.Channels % TileShape.Depth<TTile>() == 0 && plan.TapsH <= TapMask.MostTaps && plan.TapsW <= TapMask.MostTaps && plan.TapsH * plan.TapsW <= MostTaps;

    public static TapRowSlices Begin<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan, TilePlace tile, int begin, int end) where TTile : struct, ITile<TTile>
    {
        var thread = Group.IdxX;
        // Read behind the loop's first barrier.
        var jumps = SharedMemory.Allocate<TapJump>(MostTaps);
        if (thread < plan.TapsH * plan.TapsW) jumps[thread] = TapJump.Behind(plan, thread);
        var row = tile.FirstRow + thread / TileShape.ThreadsPerRow<TTile>();
        // In Float4s from the beginning: where taps go backwards, the first one may lie beyond the image, and beyond 2³¹ elements.
        var pixel = SourcePixel.At(plan.InWords(4), row);
        // Columns beyond the edge are fetched as if they were the last ones: nobody writes what comes of them.
        var column = IntrinsicMath.Min(tile.FirstColumn + (thread & (TileShape.SliceQuads<TTile>() - 1)) * 4, plan.Columns - 4);
        var outside = pixel.OutsideTaps(plan);
        var slices = new TapRowSlices
        {
            channels = plan.Channels, jumps = jumps, outsideTaps = outside, outside = outside & TapMask.Of(0, 0),
            atA = pixel.Start + (thread & (TileShape.ThreadsPerRow<TTile>() - 1)),
            atB = (plan.FirstTap * plan.Channels + thread / TileShape.SliceQuads<TTile>()) * plan.Columns + column >> 2,
        };
        return slices.Fetch<TTile>(left, right);
    }

    public readonly TapRowSlices Next<TTile>(ArrayView<float> left, ArrayView<float> right, GatherPlan plan, int k) where TTile : struct, ITile<TTile>
    {
        var next = this;
        next.atA += TileShape.Depth<TTile>() / 4;
        next.atB += TileShape.Depth<TTile>() * plan.Columns >> 2;
        next.channels -= TileShape.Depth<TTile>();
        if (next.channels == 0)
        {
            var jump = jumps[tap];
            next.tap++;
            next.channels = plan.Channels;
            next.atA += jump.Source;
            next.atB += jump.Matrix;
            next.outside = outsideTaps & jump.Mask;
        }
        return next.Fetch<TTile>(left, right);
    }

    private readonly TapRowSlices Fetch<TTile>(ArrayView<float> left, ArrayView<float> right) where TTile : struct, ITile<TTile>
    {
        var next = this;
        next.A0 = Quad(left, atA);
        if (TileShape.RowFetches<TTile>() > 1) next.A1 = Quad(left, atA + TileShape.ThreadsPerRow<TTile>());
        next.B = right.Cast<Float4>()[atB];
        return next;
    }

    private readonly Float4 Quad(ArrayView<float> source, int at)
    {
        var quad = new Float4();
        if (outside == 0) quad = source.Cast<Float4>()[at];
        return quad;
    }
}

/// <summary>What lies behind a tap: how far its last slice is from the first of the next tap, behind the last tap from that of the first.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct TapJump
{
    /// <summary>Float4s of the source, and of the matrix, beyond the step from slice to slice.</summary>
    public int Source, Matrix;

    /// <summary>The bits of the next tap (<see cref="TapMask"/>).</summary>
    public int Mask;

    public static TapJump Behind(GatherPlan plan, int tap)
    {
        int h = tap / plan.TapsW, w = tap - h * plan.TapsW;
        int nextH = w + 1 < plan.TapsW ? h : h + 1 < plan.TapsH ? h + 1 : 0, nextW = w + 1 < plan.TapsW ? w + 1 : 0;
        int pixels = plan.TapStep * ((nextH - h) * plan.SourceW + nextW - w), taps = (nextH - h) * plan.TapStrideH + (nextW - w) * plan.TapStrideW;
        return new() { Source = (pixels - 1) * plan.Channels >> 2, Matrix = (taps - 1) * plan.Channels * plan.Columns >> 2, Mask = TapMask.Of(nextH, nextW) };
    }
}

/// <summary>A set of rows and columns of taps: a bit for each, sixteen of either.</summary>
internal static class TapMask
{
    public const int MostTaps = 16;

    /// <summary>The row and the column of a tap.</summary>
    public static int Of(int tapH, int tapW) => (1 << (MostTaps + tapH)) | (1 << tapW);

    /// <summary>The rows and columns in which a row's taps lie outside its image.</summary>
    public static int OutsideTaps(this SourcePixel pixel, GatherPlan plan) => ~(Inside(pixel.W, plan.SourceW, plan.TapStep) | (Inside(pixel.H, plan.SourceH, plan.TapStep) << MostTaps));

    // Tap t meets x + t or, going the other way, x − t. Without a loop: in one ILGPU takes such a number to be the same for all threads (Elements).
    private static int Inside(int x, int size, int step)
    {
        var first = step > 0 ? -x : x - size + 1;
        return Below(first + size) & ~Below(first);
    }

    private static int Below(int tap) => (1 << IntrinsicMath.Clamp(tap, 0, MostTaps)) - 1;
}

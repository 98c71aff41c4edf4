using System.Runtime.Intrinsics;

namespace LpcEngine.Kernels;

/// <summary>
/// Which input pixel each filter tap of each output pixel reads, and where the output pixel lies: input = output · step + first + tap.
/// </summary>
/// <remarks>
/// Forward convolution and every residue class of the strided input gradient have this form, so that one kernel serves both: see
/// <see cref="Forward"/> and <see cref="InputGradient"/>.
/// </remarks>
internal unsafe struct TapGrid
{
    public int N, InH, InW, InC;
    public int OutH, OutW;
    public int Step, FirstH, FirstW, TapsH, TapsW;
    public int ImageH, ImageW, ImageC, ImageStep, ImageFirstH, ImageFirstW;

    public readonly int Taps => TapsH * TapsW;

    public readonly long Pixels => (long)N * OutH * OutW;

    /// <summary>The grid of y = conv(x): h = p·stride + r − padding.</summary>
    public static TapGrid Forward(in ConvGeometry g) => new()
    {
        N = g.N, InH = g.H, InW = g.W, InC = g.C, OutH = g.P, OutW = g.Q,
        Step = g.Stride, FirstH = -g.Padding, FirstW = -g.Padding, TapsH = g.R, TapsW = g.S,
        ImageH = g.P, ImageW = g.Q, ImageC = g.K, ImageStep = 1,
    };

    /// <summary>The grid of dx at the pixels h ≡ classH, w ≡ classW (mod stride); its taps are the filter's, in falling order.</summary>
    /// <remarks>
    /// dx[h] = Σ dy[p]·w[r] over p·stride + r = h + padding. Within a class only every stride-th r occurs, r = r0 + stride·j with
    /// r0 = (h + padding) mod stride, and h = class + stride·i gives p = i + (class + padding − r0)/stride − j: a plain convolution.
    /// </remarks>
    public static TapGrid InputGradient(in ConvGeometry g, int classH, int classW)
    {
        int tapsH = Taps1(g.R, FirstTap(g, classH), g.Stride), tapsW = Taps1(g.S, FirstTap(g, classW), g.Stride);
        return new()
        {
            N = g.N, InH = g.P, InW = g.Q, InC = g.K,
            OutH = (g.H - classH + g.Stride - 1) / g.Stride, OutW = (g.W - classW + g.Stride - 1) / g.Stride,
            Step = 1, TapsH = tapsH, TapsW = tapsW,
            FirstH = (classH + g.Padding - FirstTap(g, classH)) / g.Stride - (tapsH - 1),
            FirstW = (classW + g.Padding - FirstTap(g, classW)) / g.Stride - (tapsW - 1),
            ImageH = g.H, ImageW = g.W, ImageC = g.C, ImageStep = g.Stride, ImageFirstH = classH, ImageFirstW = classW,
        };
    }

    /// <summary>The smallest filter row (column) that reaches the pixels of a residue class.</summary>
    public static int FirstTap(in ConvGeometry g, int residue) => (residue + g.Padding) % g.Stride;

    /// <summary>
    /// Writes, for a run of output pixels, the address of the input row of each tap: table[(i / 8)·groupStride + tap·tapStride + i % 8].
    /// </summary>
    /// <param name="input">The input images.</param>
    /// <param name="zeros">A row of zeros for taps in the padding.</param>
    /// <param name="first">First output pixel, counted over all images.</param>
    /// <param name="count">How many.</param>
    /// <param name="table">Where the addresses go.</param>
    /// <param name="groupStride">From one group of eight pixels to the next.</param>
    /// <param name="tapStride">From one tap to the next.</param>
    public readonly void FillTaps(float* input, float* zeros, long first, int count, float** table, int groupStride, int tapStride)
    {
        var (n, oh, ow) = Locate(first);
        for (var i = 0; i < count;)
        {
            // a run of pixels: of one group and one output row, so that a tap's addresses are equally far apart
            var run = Math.Min(Math.Min(8 - i % 8, count - i), OutW - ow);
            var slots = table + i / 8 * groupStride + i % 8;
            for (var r = 0; r < TapsH; r++)
            {
                var h = oh * Step + FirstH + r;
                var row = (uint)h < (uint)InH ? input + ((long)n * InH + h) * InW * InC : null;
                for (var s = 0; s < TapsW; s++, slots += tapStride) FillRun(row, ow * Step + FirstW + s, zeros, run, slots);
            }
            i += run;
            Advance(run, ref n, ref oh, ref ow);
        }
    }

    private readonly void FillRun(float* row, int w, float* zeros, int run, float** slots)
    {
        if (row != null & w >= 0 & w + (run - 1) * Step < InW)
        {
            var pixel = row + (long)w * InC;
            for (var i = 0; i < run; i++, pixel += Step * InC) slots[i] = pixel;
        }
        else
        {
            for (var i = 0; i < run; i++, w += Step) slots[i] = row != null & (uint)w < (uint)InW ? row + (long)w * InC : zeros;
        }
    }

    /// <summary>Writes the address of each output pixel's row.</summary>
    public readonly void FillOutputs(float* output, long first, int count, float** rows)
    {
        var (n, oh, ow) = Locate(first);
        for (var i = 0; i < count;)
        {
            var pixel = output + (((long)n * ImageH + oh * ImageStep + ImageFirstH) * ImageW + ow * ImageStep + ImageFirstW) * ImageC;
            var run = Math.Min(count - i, OutW - ow);
            for (var end = i + run; i < end; i++, pixel += ImageStep * ImageC) rows[i] = pixel;
            Advance(run, ref n, ref oh, ref ow);
        }
    }

    /// <summary>
    /// Copies each output pixel's whole receptive field into one row: [pixel, tap, channel], rows of a given length, the rest zero.
    /// </summary>
    /// <remarks>For few channels, where a tap is too short to be worth an address.</remarks>
    public readonly void FillPatches(float* input, long first, int count, float* patches, int length)
    {
        var (n, oh, ow) = Locate(first);
        for (var i = 0; i < count;)
        {
            var run = Math.Min(count - i, OutW - ow);
            for (var r = 0; r < TapsH; r++)
            {
                var h = oh * Step + FirstH + r;
                var row = (uint)h < (uint)InH ? input + ((long)n * InH + h) * InW * InC : null;
                FillPatchRows(row, ow * Step + FirstW, run, patches + r * TapsW * InC, length);
            }
            for (int j = 0, used = Taps * InC; j < run; j++, patches += length)
                for (var rest = used; rest < length; rest++) patches[rest] = 0;
            i += run;
            Advance(run, ref n, ref oh, ref ow);
        }
    }

    // One filter row for a run of pixels.
    private readonly void FillPatchRows(float* row, int w, int run, float* to, int length)
    {
        var width = TapsW * InC;
        for (; run > 0; run--, w += Step, to += length)
        {
            if (row != null & w >= 0 & w + TapsW <= InW)
            {
                CopyShort(row + (long)w * InC, to, width);
                continue;
            }
            int skip = Math.Clamp(-w, 0, TapsW) * InC, end = row == null ? 0 : Math.Clamp(InW - w, 0, TapsW) * InC;
            for (var j = 0; j < width; j++) to[j] = j >= skip & j < end ? row[(long)w * InC + j] : 0;
        }
    }

    // A filter row of few channels is 3 to 49 floats: two vectors that overlap copy it without a loop over elements or a call.
    private static void CopyShort(float* from, float* to, int count)
    {
        if (count < 4)
        {
            for (var i = 0; i < count; i++) to[i] = from[i];
        }
        else if (count < 8)
        {
            Vector128<float> head = Vector128.Load(from), tail = Vector128.Load(from + count - 4);
            head.Store(to);
            tail.Store(to + count - 4);
        }
        else
        {
            for (var i = 0; i < count - 8; i += 8) Vector256.Load(from + i).Store(to + i);
            Vector256.Load(from + count - 8).Store(to + count - 8);
        }
    }

    private static int Taps1(int filter, int first, int stride) => first >= filter ? 0 : (filter - first + stride - 1) / stride;

    private readonly (int N, int H, int W) Locate(long pixel)
    {
        var line = pixel / OutW;
        return ((int)(line / OutH), (int)(line % OutH), (int)(pixel % OutW));
    }

    private readonly void Advance(int pixels, ref int n, ref int oh, ref int ow)
    {
        ow += pixels;
        if (ow < OutW) return;
        ow = 0;
        if (++oh < OutH) return;
        oh = 0;
        n++;
    }
}

namespace LpcEngine.Kernels;

/// <summary>A product of gathered rows with a matrix: what a convolution, its input gradient and a matrix product have in common.</summary>
/// <remarks>
/// Row m of the left matrix belongs to pixel m = (n, u, v) of an output grid, column (tap, c) to channel c of the source pixel that the tap
/// meets there: source row u·<see cref="Step"/> + <see cref="BaseH"/> + tapRow·<see cref="TapStep"/>, zero outside the image. The right
/// matrix holds
/// <see cref="Columns"/> numbers for each (tap, c). The result of (n, u, v) goes to pixel (u·<see cref="OutStep"/> + <see
/// cref="OutFirstH"/>, …) of its image.
/// Forward: the grid is the output, Step the stride, TapStep 1. Input gradient: one grid for each residue of input pixels modulo the
/// stride, over the taps that meet it, with TapStep −1. Matrix product: a grid of one pixel and one tap.
/// </remarks>
internal struct GatherPlan
{
    /// <summary>Rows of the product: images times pixels of the grid.</summary>
    public int Rows;

    /// <summary>Columns of the product.</summary>
    public int Columns;

    /// <summary>Length of the sums: taps times channels.</summary>
    public int Depth;

    public int GridH, GridW;
    public int SourceH, SourceW, Channels;
    public int Step, BaseH, BaseW, TapStep;
    public int TapsH, TapsW;

    /// <summary>The filter's tap at (0, 0) of the taps used, and how far apart the used ones are in the filter.</summary>
    public int FirstTap, TapStrideH, TapStrideW;

    public int OutH, OutW, OutFirstH, OutFirstW, OutStep;

    /// <summary>Whether <c>bias</c> is added to each row.</summary>
    public int HasBias;

    /// <summary>Whether results are added to what lies where they go: a gradient whose sum has been begun.</summary>
    public int Adds;

    public static GatherPlan Forward(in ConvGeometry g) => new()
    {
        Rows = g.N * g.P * g.Q, Columns = g.K, Depth = g.R * g.S * g.C,
        GridH = g.P, GridW = g.Q, SourceH = g.H, SourceW = g.W, Channels = g.C,
        Step = g.Stride, BaseH = -g.Padding, BaseW = -g.Padding, TapStep = 1,
        TapsH = g.R, TapsW = g.S, FirstTap = 0, TapStrideH = g.S, TapStrideW = 1,
        OutH = g.P, OutW = g.Q, OutStep = 1,
    };

    /// <summary>
    /// The input pixels (h, w) with h ≡ classH and w ≡ classW modulo the stride; the source is dY. Rows is 0 when there are none.
    /// </summary>
    public static GatherPlan InputGradient(in ConvGeometry g, int classH, int classW, bool add = false)
    {
        // h = p·stride + r − padding, so only taps r ≡ h + padding (mod stride) reach h; for those p = (h + padding − r)/stride.
        var (firstR, firstS) = ((classH + g.Padding) % g.Stride, (classW + g.Padding) % g.Stride);
        var (tapsH, tapsW) = (Ceiling(g.R - firstR, g.Stride), Ceiling(g.S - firstS, g.Stride));
        var (gridH, gridW) = (Ceiling(g.H - classH, g.Stride), Ceiling(g.W - classW, g.Stride));
        return new()
        {
            Rows = g.N * gridH * gridW, Columns = g.C, Depth = tapsH * tapsW * g.K,
            GridH = gridH, GridW = gridW, SourceH = g.P, SourceW = g.Q, Channels = g.K,
            Step = 1, BaseH = (classH + g.Padding - firstR) / g.Stride, BaseW = (classW + g.Padding - firstS) / g.Stride, TapStep = -1,
            // Where no tap reaches the class, Depth is 0 and the result zero; one tap is stated all the same, so that nothing divides by
            // zero: the filter's first, which may be fetched.
            TapsH = Math.Max(tapsH, 1), TapsW = Math.Max(tapsW, 1), FirstTap = tapsH * tapsW == 0 ? 0 : firstR * g.S + firstS, TapStrideH = g.Stride * g.S, TapStrideW = g.Stride,
            OutH = g.H, OutW = g.W, OutFirstH = classH, OutFirstW = classW, OutStep = g.Stride, Adds = add ? 1 : 0,
        };
    }

    public static GatherPlan Product(int m, int n, int k, bool hasBias) =>
        Forward(new(m, 1, 1, k, n, 1, 1, 1, 0)) with { HasBias = hasBias ? 1 : 0 };

    /// <summary><see cref="Adds"/>, known to be 0 where statistics are taken: what results are added to would cost registers there.</summary>
    public readonly int Addition<TMeasuring>() where TMeasuring : struct, IMeasuring => default(TMeasuring).Measures ? 0 : Adds;

    /// <summary>Whether nothing changes: there are no rows, or empty sums would be added.</summary>
    public readonly bool IsIdle => Rows == 0 || (Adds != 0 && Depth == 0);

    /// <summary>Whether the gathered matrix is the source as it lies in memory, and rows of the result lie one behind the other: a matrix product, or a convolution with one tap and stride 1.</summary>
    public readonly bool IsMatrix =>
        TapsH * TapsW == 1 && FirstTap == 0 && Depth == Channels && Step == 1 && OutStep == 1 && BaseH == 0 && BaseW == 0 && GridH == SourceH && GridW == SourceW && OutH == GridH && OutW == GridW;

    /// <summary>Whether 16 bytes hold channels and columns without rest.</summary>
    public readonly bool IsAligned => Channels % 4 == 0 && Columns % 4 == 0;

    /// <summary>The plan with channels counted in words that hold a number of them each.</summary>
    public readonly GatherPlan InWords(int perWord) => this with { Channels = Channels / perWord, Depth = Depth / perWord };

    private static int Ceiling(int a, int b) => a <= 0 ? 0 : (a + b - 1) / b;
}

/// <summary>A place among the columns (tap, channel) of the gathered matrix, which walks along without divisions.</summary>
/// <param name="channel">The channel.</param>
/// <param name="tapH">The tap's row among the taps used.</param>
/// <param name="tapW">The tap's column.</param>
internal struct TapCursor(int channel, int tapH, int tapW)
{
    public int Channel = channel, TapH = tapH, TapW = tapW;

    public static TapCursor At(GatherPlan plan, int column)
    {
        var tap = column / plan.Channels;
        return new(column - tap * plan.Channels, tap / plan.TapsW, tap % plan.TapsW);
    }

    public readonly TapCursor Advance(GatherPlan plan, int columns)
    {
        var next = this;
        next.Channel += columns;
        while (next.Channel >= plan.Channels)
        {
            next.Channel -= plan.Channels;
            next.TapW++;
            if (next.TapW < plan.TapsW) continue;
            next.TapW = 0;
            next.TapH++;
        }
        return next;
    }
}

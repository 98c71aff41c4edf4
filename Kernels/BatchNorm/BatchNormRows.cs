using System.Runtime.CompilerServices;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>The inner loops of batch normalisation over joined rows (<see cref="ChannelRows"/>), for one width of vectors.</summary>
/// <remarks>
/// Memory is the limit: each loop reads every input once and writes every output once, with the per-channel constants in the first-level
/// cache.
/// </remarks>
internal static unsafe class BatchNormRows<TVector, TSimd> where TVector : struct where TSimd : struct, ISimd<TVector>
{
    // Columns that are summed together: their sums, shifts and constants (8 KiB) stay in the first-level cache while all rows of a tile
    // pass.
    private const int BlockFloats = 512;

    /// <summary>
    /// shift = the mean of the first rows: near enough to the tile's mean that the sums of differences lose nothing to cancellation.
    /// </summary>
    public static void Pilot(float* x, int rows, int width, float* shift)
    {
        var share = TSimd.Broadcast(1f / rows);
        for (var j = 0; j < width; j += TSimd.Lanes)
        {
            // Shares are added, not values: a sum of eight could overflow where the mean doesn't.
            var sum = TSimd.Zero;
            for (var r = 0; r < rows; r++) sum = TSimd.MultiplyAdd(TSimd.Load(x + (nint)r * width + j), share, sum);
            TSimd.Store(sum, shift + j);
        }
    }

    /// <summary>sum += Σ(x − shift) and squares += Σ(x − shift)² of each column.</summary>
    public static void Accumulate(float* x, int rows, int width, float* shift, float* sum, float* squares)
    {
        for (var j = 0; j < width; j += BlockFloats)
            Accumulate(x + j, rows, width, Math.Min(BlockFloats, width - j), shift + j, sum + j, squares + j);
    }

    private static void Accumulate(float* x, int rows, nint stride, nint width, float* shift, float* sum, float* squares)
    {
        // Four rows at a time: the running sums are then loaded and stored for every fourth value only.
        for (; rows >= 4; rows -= 4, x += 4 * stride)
        {
            float* x1 = x + stride, x2 = x1 + stride, x3 = x2 + stride;
            var ahead = new Ahead(x, stride, width, 4);
            for (nint j = 0; j < width; j += TSimd.Lanes)
            {
                ahead.Fetch4(j);
                var s = TSimd.Load(shift + j);
                var d0 = TSimd.Subtract(TSimd.Load(x + j), s);
                var d1 = TSimd.Subtract(TSimd.Load(x1 + j), s);
                var d2 = TSimd.Subtract(TSimd.Load(x2 + j), s);
                var d3 = TSimd.Subtract(TSimd.Load(x3 + j), s);
                var q01 = TSimd.MultiplyAdd(d0, d0, TSimd.Multiply(d1, d1));
                var q23 = TSimd.MultiplyAdd(d2, d2, TSimd.Multiply(d3, d3));
                TSimd.Store(TSimd.Add(TSimd.Load(sum + j), TSimd.Add(TSimd.Add(d0, d1), TSimd.Add(d2, d3))), sum + j);
                TSimd.Store(TSimd.Add(TSimd.Load(squares + j), TSimd.Add(q01, q23)), squares + j);
            }
        }
        for (; rows > 0; rows--, x += stride)
        {
            for (nint j = 0; j < width; j += TSimd.Lanes)
            {
                var d = TSimd.Subtract(TSimd.Load(x + j), TSimd.Load(shift + j));
                TSimd.Store(TSimd.Add(TSimd.Load(sum + j), d), sum + j);
                TSimd.Store(TSimd.MultiplyAdd(d, d, TSimd.Load(squares + j)), squares + j);
            }
        }
    }

    /// <summary>
    /// Turns the sums of <paramref name="rows"/> values into their mean (relative to the shift) and their sum of squares about the mean.
    /// </summary>
    public static void Centre(int rows, int width, float* sum, float* squares)
    {
        var share = TSimd.Broadcast(1f / rows);
        for (var j = 0; j < width; j += TSimd.Lanes)
        {
            var s = TSimd.Load(sum + j);
            var mean = TSimd.Multiply(s, share);
            TSimd.Store(mean, sum + j);
            // Rounding may leave a trifle below zero where all values are equal.
            TSimd.Store(TSimd.Max(TSimd.Zero, TSimd.Subtract(TSimd.Load(squares + j), TSimd.Multiply(s, mean))), squares + j);
        }
    }

    /// <summary>y = f((x − high)·scale + offset [+ shortcut]).</summary>
    public static void Forward<TFusion>(float* x, float* shortcut, float* y, int rows, int width, in RowConstants c) where TFusion : IFusion
    {
        float* high = c.High, scale = c.Scale, offset = c.Offset;
        for (; rows > 0; rows--, x += width, shortcut += TFusion.Adds ? width : 0, y += width)
        {
            for (nint j = 0; j < width; j += TSimd.Lanes)
            {
                var z = TSimd.MultiplyAdd(TSimd.Subtract(TSimd.Load(x + j), TSimd.Load(high + j)), TSimd.Load(scale + j), TSimd.Load(offset + j));
                if (TFusion.Adds) z = TSimd.Add(z, TSimd.Load(shortcut + j));
                if (TFusion.Activates) z = SwishCpu.Apply<TVector, TSimd>(z, z, 0f);
                TSimd.Store(z, y + j);
            }
        }
    }

    /// <summary>
    /// sum += Σ g and products += Σ g·(x − high) of each column, with g = dY·f′; with Swish, g is written too unless it is null.
    /// </summary>
    public static void Reduce<TFusion>(float* x, float* dY, float* shortcut, float* g, int rows, int width, in RowConstants c, float* sum, float* products)
        where TFusion : IFusion
    {
        for (var j = 0; j < width; j += BlockFloats)
        {
            var block = new RowConstants { High = c.High + j, Scale = c.Scale + j, Offset = c.Offset + j };
            Reduce<TFusion>(
                x + j, dY + j, TFusion.Adds ? shortcut + j : null, g == null ? null : g + j, rows, width, Math.Min(BlockFloats, width - j), block, sum + j, products + j);
        }
    }

    private static void Reduce<TFusion>(
        float* x, float* dY, float* shortcut, float* g, int rows, nint stride, nint width, in RowConstants c, float* sum, float* products)
            where TFusion : IFusion
    {
        float* high = c.High, scale = c.Scale, offset = c.Offset;
        for (; rows >= 2; rows -= 2)
        {
            float* xNext = x + stride, dYNext = dY + stride, shortcutNext = TFusion.Adds ? shortcut + stride : null;
            Ahead xAhead = new(x, stride, width, 2), dYAhead = new(dY, stride, width, 2), shortcutAhead = TFusion.Adds ? new(shortcut, stride, width, 2) : default;
            for (nint j = 0; j < width; j += TSimd.Lanes)
            {
                xAhead.Fetch2(j);
                dYAhead.Fetch2(j);
                if (TFusion.Adds) shortcutAhead.Fetch2(j);
                TVector h = TSimd.Load(high + j), s = TSimd.Zero, o = TSimd.Zero;
                if (TFusion.Activates) (s, o) = (TSimd.Load(scale + j), TSimd.Load(offset + j));
                var d0 = TSimd.Subtract(TSimd.Load(x + j), h);
                var d1 = TSimd.Subtract(TSimd.Load(xNext + j), h);
                var g0 = Slope<TFusion>(TSimd.Load(dY + j), d0, s, o, shortcut + j);
                var g1 = Slope<TFusion>(TSimd.Load(dYNext + j), d1, s, o, shortcutNext + j);
                if (TFusion.Activates && g != null)
                {
                    TSimd.Store(g0, g + j);
                    TSimd.Store(g1, g + stride + j);
                }
                TSimd.Store(TSimd.Add(TSimd.Load(sum + j), TSimd.Add(g0, g1)), sum + j);
                TSimd.Store(TSimd.Add(TSimd.Load(products + j), TSimd.MultiplyAdd(g0, d0, TSimd.Multiply(g1, d1))), products + j);
            }
            x += 2 * stride;
            dY += 2 * stride;
            if (TFusion.Adds) shortcut += 2 * stride;
            if (g != null) g += 2 * stride;
        }
        if (rows == 0) return;
        for (nint j = 0; j < width; j += TSimd.Lanes)
        {
            var d = TSimd.Subtract(TSimd.Load(x + j), TSimd.Load(high + j));
            var slope = Slope<TFusion>(TSimd.Load(dY + j), d, TSimd.Load(scale + j), TSimd.Load(offset + j), TFusion.Adds ? shortcut + j : null);
            if (TFusion.Activates && g != null) TSimd.Store(slope, g + j);
            TSimd.Store(TSimd.Add(TSimd.Load(sum + j), slope), sum + j);
            TSimd.Store(TSimd.MultiplyAdd(slope, d, TSimd.Load(products + j)), products + j);
        }
    }

    /// <summary>
    /// dX = scale·g + slope·(x − high) + level, with g = dY·f′ computed again, or read in place of dY where the reduction has written it.
    /// </summary>
    public static void Backward<TFusion>(float* x, float* dY, float* dX, int rows, int width, in RowConstants c) where TFusion : IFusion
    {
        float* high = c.High, scale = c.Scale, offset = c.Offset, slope = c.Slope, level = c.Level;
        for (; rows > 0; rows--, x += width, dY += width, dX += width)
        {
            for (nint j = 0; j < width; j += TSimd.Lanes)
            {
                var s = TSimd.Load(scale + j);
                var d = TSimd.Subtract(TSimd.Load(x + j), TSimd.Load(high + j));
                var g = TSimd.Load(dY + j);
                if (TFusion.Activates && !TFusion.Adds) g = Slope<TFusion>(g, d, s, TSimd.Load(offset + j), null);
                TSimd.Store(TSimd.MultiplyAdd(s, g, TSimd.MultiplyAdd(TSimd.Load(slope + j), d, TSimd.Load(level + j))), dX + j);
            }
        }
    }

    // dY·f′(z), with f′(z) = σ(z)·(1 + z·(1 − σ(z))) for Swish.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Slope<TFusion>(TVector dY, TVector d, TVector scale, TVector offset, float* shortcut) where TFusion : IFusion
    {
        if (!TFusion.Activates) return dY;
        var z = TSimd.MultiplyAdd(d, scale, offset);
        if (TFusion.Adds) z = TSimd.Add(z, TSimd.Load(shortcut));
        return SwishSlopeCpu.Apply<TVector, TSimd>(z, dY, 0f);
    }
}

/// <summary>Asks for the memory that a loop over several rows at a time will need soon.</summary>
/// <remarks>
/// Short rows taken several at a time are one stream of memory, but not to the processor's own prefetcher: measured on [128, 32, 32, 64],
/// reading four rows of 512 bytes side by side ran at 16 GB/s where straight reading ran at 50 (one thread); with these requests the
/// statistics pass went from 3.6 to 1.3 ms.
/// </remarks>
internal readonly unsafe struct Ahead
{
    // 8 KiB: at 40 GB/s some 200 ns, more than memory takes to answer.
    private const int Distance = 2048;

    private readonly float* start;
    private readonly nint pace, step;

    /// <summary>For <paramref name="rows"/> rows at a time of <paramref name="width"/> floats, <paramref name="stride"/> apart.</summary>
    public Ahead(float* x, nint stride, nint width, int rows)
    {
        // Where rows are read whole, what comes next lies behind them; else it's the same columns of the next rows.
        start = x + (width == stride ? Math.Max(rows * stride, Distance) : rows * stride);
        (pace, step) = width == stride ? (rows, MemoryHint.LineFloats) : (1, stride);
    }

    /// <summary>Two requests.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fetch2(nint column)
    {
        var at = start + pace * column;
        MemoryHint.Fetch(at);
        MemoryHint.Fetch(at + step);
    }

    /// <summary>Four requests.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fetch4(nint column)
    {
        var at = start + pace * column;
        MemoryHint.Fetch(at);
        MemoryHint.Fetch(at + step);
        MemoryHint.Fetch(at + 2 * step);
        MemoryHint.Fetch(at + 3 * step);
    }
}

/// <summary>Per-channel constants, repeated to the width of a joined row.</summary>
internal unsafe struct RowConstants
{
    /// <summary>See <see cref="BatchNormConstants"/>.</summary>
    public float* High, Scale, Offset;

    /// <summary>The two terms of dX that come from the statistics' dependence on x.</summary>
    public float* Slope, Level;
}

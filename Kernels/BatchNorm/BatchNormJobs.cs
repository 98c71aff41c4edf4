using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

// A tile's complete rows go through the loops in place. What is left at the end of the data is copied to a padded row first, so that one
// loop serves both; the padding adds nothing to any sum.

/// <summary>Statistics of each tile, column by column: shift, mean relative to it, sum of squares about the mean.</summary>
internal unsafe struct StatisticsJob : ISimdTileJob
{
    public WorkerPool Pool;
    public ChannelRows Layout;
    public float* X, Partials;

    public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        int width = Layout.Width, rows = Layout.RowsOf(tile), rest = Layout.RestOf(tile);
        var x = X + (long)tile * Layout.TileFloats;
        var shift = Partials + (long)tile * BatchNormPartials.StatisticsPerColumn * width;
        float* sum = shift + width, squares = sum + width;
        new Span<float>(shift, 3 * width).Clear();
        if (rows > 0) BatchNormRows<TVector, TSimd>.Pilot(x, Math.Min(rows, 8), width, shift);
        else new ReadOnlySpan<float>(x, rest).CopyTo(new Span<float>(shift, rest));
        BatchNormRows<TVector, TSimd>.Accumulate(x, rows, width, shift, sum, squares);
        if (rest > 0)
        {
            var padded = (float*)Pool.Scratch(worker, 4L * width);
            new ReadOnlySpan<float>(shift, width).CopyTo(new Span<float>(padded, width));
            new ReadOnlySpan<float>(x + (long)rows * width, rest).CopyTo(new Span<float>(padded, rest));
            BatchNormRows<TVector, TSimd>.Accumulate(padded, 1, width, shift, sum, squares);
        }
        // Columns that the rest reaches hold one value more. The division by vectors comes last: it is right for all others.
        for (var j = 0; j < rest; j++) BatchNormPartials.Centre(rows + 1, ref sum[j], ref squares[j]);
        var split = (rest + 15) / 16 * 16;
        if (rows == 0) return;
        for (var j = rest; j < split; j++) BatchNormPartials.Centre(rows, ref sum[j], ref squares[j]);
        BatchNormRows<TVector, TSimd>.Centre(rows, width - split, sum + split, squares + split);
    }
}

/// <summary>The pass that writes y.</summary>
internal unsafe struct ForwardJob : ISimdTileJob
{
    public WorkerPool Pool;
    public ChannelRows Layout;
    public Fusion Fusion;
    public float* X, Shortcut, Y;
    public RowConstants Constants;

    public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        tile = Layout.Tiles - 1 - tile;
        if (Fusion == Fusion.None) Run<TVector, TSimd, FuseNothing>(tile, worker);
        else if (Fusion == Fusion.Swish) Run<TVector, TSimd, FuseSwish>(tile, worker);
        else Run<TVector, TSimd, FuseAddSwish>(tile, worker);
    }

    private readonly void Run<TVector, TSimd, TFusion>(int tile, int worker)
        where TVector : struct where TSimd : struct, ISimd<TVector> where TFusion : IFusion
    {
        int width = Layout.Width, rows = Layout.RowsOf(tile), rest = Layout.RestOf(tile);
        var at = (long)tile * Layout.TileFloats;
        BatchNormRows<TVector, TSimd>.Forward<TFusion>(X + at, Shortcut + (TFusion.Adds ? at : 0), Y + at, rows, width, Constants);
        if (rest == 0) return;
        at += (long)rows * width;
        var padded = new PaddedRow(Pool, worker, width, rest, 3);
        var x = padded.Copy(0, X + at);
        var shortcut = TFusion.Adds ? padded.Copy(1, Shortcut + at) : null;
        BatchNormRows<TVector, TSimd>.Forward<TFusion>(x, shortcut, padded[2], 1, width, Constants);
        padded.CopyBack(2, Y + at);
    }
}

/// <summary>The two sums of each tile, column by column.</summary>
internal unsafe struct ReduceJob : ISimdTileJob
{
    public WorkerPool Pool;
    public ChannelRows Layout;
    public Fusion Fusion;
    public float* X, DY, Shortcut, G, Partials;
    public RowConstants Constants;

    public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        if (Fusion == Fusion.None) Run<TVector, TSimd, FuseNothing>(tile, worker);
        else if (Fusion == Fusion.Swish) Run<TVector, TSimd, FuseSwish>(tile, worker);
        else Run<TVector, TSimd, FuseAddSwish>(tile, worker);
    }

    private readonly void Run<TVector, TSimd, TFusion>(int tile, int worker)
        where TVector : struct where TSimd : struct, ISimd<TVector> where TFusion : IFusion
    {
        int width = Layout.Width, rows = Layout.RowsOf(tile), rest = Layout.RestOf(tile);
        var at = (long)tile * Layout.TileFloats;
        var sum = Partials + (long)tile * BatchNormPartials.SumsPerColumn * width;
        var products = sum + width;
        new Span<float>(sum, 2 * width).Clear();
        BatchNormRows<TVector, TSimd>.Reduce<TFusion>(X + at, DY + at, Shortcut + (TFusion.Adds ? at : 0), G == null ? null : G + at, rows, width, Constants, sum, products);
        if (rest == 0) return;
        at += (long)rows * width;
        var padded = new PaddedRow(Pool, worker, width, rest, 4);
        float* x = padded.Copy(0, X + at), dY = padded.Copy(1, DY + at), shortcut = TFusion.Adds ? padded.Copy(2, Shortcut + at) : null;
        BatchNormRows<TVector, TSimd>.Reduce<TFusion>(x, dY, shortcut, TFusion.Activates ? padded[3] : null, 1, width, Constants, sum, products);
        if (TFusion.Activates && G != null) padded.CopyBack(3, G + at);
    }
}

/// <summary>The pass that writes dX.</summary>
internal unsafe struct BackwardJob : ISimdTileJob
{
    public WorkerPool Pool;
    public ChannelRows Layout;
    public Fusion Fusion;
    public float* X, DY, DX;
    public RowConstants Constants;

    // Where the reduction has written dY·f′, that is what arrives here and nothing is left to be differentiated.
    public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        tile = Layout.Tiles - 1 - tile;
        if (Fusion == Fusion.Swish) Run<TVector, TSimd, FuseSwish>(tile, worker);
        else Run<TVector, TSimd, FuseNothing>(tile, worker);
    }

    private readonly void Run<TVector, TSimd, TFusion>(int tile, int worker)
        where TVector : struct where TSimd : struct, ISimd<TVector> where TFusion : IFusion
    {
        int width = Layout.Width, rows = Layout.RowsOf(tile), rest = Layout.RestOf(tile);
        var at = (long)tile * Layout.TileFloats;
        BatchNormRows<TVector, TSimd>.Backward<TFusion>(X + at, DY + at, DX + at, rows, width, Constants);
        if (rest == 0) return;
        at += (long)rows * width;
        var padded = new PaddedRow(Pool, worker, width, rest, 3);
        BatchNormRows<TVector, TSimd>.Backward<TFusion>(padded.Copy(0, X + at), padded.Copy(1, DY + at), padded[2], 1, width, Constants);
        padded.CopyBack(2, DX + at);
    }
}

/// <summary>Scratch rows of full width for the last, incomplete row of the data; beyond it they hold zeros.</summary>
internal readonly unsafe struct PaddedRow(WorkerPool pool, int worker, int width, int rest, int rows)
{
    private readonly float* memory = (float*)pool.Scratch(worker, 4L * width * rows);

    public float* this[int row] => memory + (long)row * width;

    public float* Copy(int row, float* from)
    {
        new ReadOnlySpan<float>(from, rest).CopyTo(new Span<float>(this[row], rest));
        new Span<float>(this[row] + rest, width - rest).Clear();
        return this[row];
    }

    public void CopyBack(int row, float* to) => new ReadOnlySpan<float>(this[row], rest).CopyTo(new Span<float>(to, rest));
}

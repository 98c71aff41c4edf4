using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>dw[r, s, c, k] = Σ over pixels of x[pixel at tap (r, s), c] · dy[pixel, k], directly, for any shape.</summary>
/// <remarks>
/// A tile of work owns a range of pixels and a range of input channels and keeps its sums in a buffer of its own; a second pass adds the
/// buffers in a fixed order. Ranges depend on the shape only, hence the same bits from any number of threads.
/// </remarks>
internal static unsafe class DirectWeightGradient
{
    // Pixels in a block: enough that loading and storing the 16 sums of a micro-tile is small beside their 128 steps.
    private const int BlockPixels = 128;

    // Sums of one tile of work should stay in the second-level cache (1 MiB here) beside a block's pixels.
    private const long SumBytes = 512 * 1024;

    // Enough tiles for any sensible number of cores, few enough that the second pass stays small.
    private const int WantedTiles = 16;

    /// <summary>Overwrites dw.</summary>
    public static void Run(WorkerPool pool, in ConvGeometry g, float* x, float* dy, float* dw)
    {
        var gradient = new WeightGradient { Pool = pool, Geometry = g, X = x, Dy = dy, Dw = dw };
        SimdWidth.Dispatch(SimdWidth.For(g.K), ref gradient);
    }

    private struct WeightGradient : ISimdAction
    {
        public WorkerPool Pool;
        public ConvGeometry Geometry;
        public float* X, Dy, Dw;

        public readonly void Run<TVector, TSimd>() where TVector : struct where TSimd : struct, ISimd<TVector> =>
            DirectWeightGradient.Run<TVector, TSimd>(Pool, Geometry, X, Dy, Dw);
    }

    private static void Run<TVector, TSimd>(WorkerPool pool, in ConvGeometry g, float* x, float* dy, float* dw)
        where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        var job = new Job<TVector, TSimd> { Pool = pool, Grid = TapGrid.Forward(g), X = x, Dy = dy, K = g.K };
        // Channels that do not fill a micro-tile: copy receptive fields and treat (tap, channel) as one padded index.
        job.UsePatches = g.C % Tile.Rows != 0;
        job.Taps = job.UsePatches ? 1 : g.R * g.S;
        job.Channels = job.UsePatches ? Tiling.RoundUp(g.R * g.S * g.C, Tile.Rows) : g.C;
        job.Columns = Tiling.RoundUp(g.K, TSimd.Lanes);
        var perChannel = (long)job.Taps * job.Columns * sizeof(float);
        job.TileChannels = (int)Math.Clamp(SumBytes / perChannel / Tile.Rows * Tile.Rows, Tile.Rows, job.Channels);
        if (job.UsePatches) job.TileChannels = job.Channels; // a patch is made once, for all its columns
        job.ChannelTiles = Tiling.Count(job.Channels, job.TileChannels);
        var blocks = Tiling.Count(job.Grid.Pixels, BlockPixels);
        var splits = Math.Clamp(WantedTiles / job.ChannelTiles, 1, blocks);
        job.SplitBlocks = Tiling.Count(blocks, splits);
        splits = Tiling.Count(blocks, job.SplitBlocks);
        job.SplitFloats = (long)job.Taps * job.Channels * job.Columns;
        var zeroFloats = Tiling.RoundUp(g.C, 16);
        job.Zeros = (float*)pool.SharedScratch((zeroFloats + splits * job.SplitFloats) * sizeof(float));
        new Span<float>(job.Zeros, zeroFloats).Clear();
        job.Sums = job.Zeros + zeroFloats;
        pool.Run(splits * job.ChannelTiles, ref job);
        SumParts.Run(pool, job.Sums, splits, job.SplitFloats, g.R * g.S * g.C, job.Columns, g.K, dw);
    }

    private struct Job<TVector, TSimd> : ITileJob where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        public WorkerPool Pool;
        public TapGrid Grid;
        public float* X, Dy, Zeros, Sums;
        public bool UsePatches;
        public int K, Taps, Channels, Columns, TileChannels, ChannelTiles, SplitBlocks;
        public long SplitFloats;

        public readonly void Run(int tile, int worker)
        {
            int split = tile / ChannelTiles, channel0 = tile % ChannelTiles * TileChannels;
            int tableSize = BlockPixels * Taps, patchFloats = UsePatches ? BlockPixels * Channels : 0;
            var table = (float**)Pool.Scratch(worker, tableSize * 8L + (patchFloats + BlockPixels * (long)Columns) * sizeof(float));
            var patches = (float*)(table + tableSize);
            var calls = Taps * PanelPacking.Panels(Columns, TSimd.Lanes) * Tiling.Count(Math.Min(TileChannels, Channels - channel0), Tile.Rows);
            for (var block = 0; block < SplitBlocks; block++)
            {
                var first = ((long)split * SplitBlocks + block) * BlockPixels;
                var count = (int)Math.Min(BlockPixels, Grid.Pixels - first);
                if (count <= 0) break;
                FillTable(first, count, table, patches);
                var right = Dy + first * K;
                if (Columns != K) right = Widen(right, count, patches + patchFloats);
                var nextCount = Math.Clamp(Grid.Pixels - first - BlockPixels, 0, BlockPixels);
                var next = new StretchPrefetcher(Dy + (first + BlockPixels) * K, nextCount * K, calls);
                Multiply(table, right, count, Sums + split * SplitFloats, channel0, block > 0, ref next);
            }
        }

        private readonly void FillTable(long first, int count, float** table, float* patches)
        {
            if (!UsePatches)
            {
                Grid.FillTaps(X, Zeros, first, count, table, 8, BlockPixels);
                return;
            }
            Grid.FillPatches(X, first, count, patches, Channels);
            for (var i = 0; i < count; i++) table[i] = patches + (long)i * Channels;
        }

        private readonly float* Widen(float* source, int count, float* to)
        {
            for (var i = 0; i < count; i++)
            {
                new ReadOnlySpan<float>(source + (long)i * K, K).CopyTo(new Span<float>(to + (long)i * Columns, K));
                new Span<float>(to + (long)i * Columns + K, Columns - K).Clear();
            }
            return to;
        }

        private readonly void Multiply(float** table, float* right, int count, float* sums, int channel0, bool add, ref StretchPrefetcher next)
        {
            var channelEnd = Math.Min(channel0 + TileChannels, Channels);
            for (var tap = 0; tap < Taps; tap++)
                for (var column = 0; column < Columns; column += 2 * TSimd.Lanes)
                {
                    var vectors = Columns - column > TSimd.Lanes ? 2 : 1;
                    for (var channel = channel0; channel < channelEnd; channel += Tile.Rows)
                    {
                        next.Next();
                        ColumnKernel<TVector, TSimd>.Run(vectors, table + tap * BlockPixels, channel, right + column, Columns, count,
                            sums + ((long)tap * Channels + channel) * Columns + column, Columns, add);
                    }
                }
        }
    }
}

using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>
/// Convolution over a <see cref="TapGrid"/> as an implicit matrix product: addresses of pixel rows on the left, packed weights on the
/// right.
/// </summary>
internal static unsafe class DirectConvolution
{
    // With fewer channels than a tile has rows, setting up eight addresses costs more than the taps' arithmetic: copy receptive fields
    // instead.
    private const int PatchChannels = 8;

    /// <summary>Writes all pixels of the grid.</summary>
    /// <param name="pool">The workers.</param>
    /// <param name="grid">Taps and pixels.</param>
    /// <param name="input">Input images.</param>
    /// <param name="pack">How to pack the weights; lanes and destination are set here.</param>
    /// <param name="output">Output images.</param>
    /// <param name="add">Whether the output's old content is added to.</param>
    public static void Run(WorkerPool pool, in TapGrid grid, float* input, PackPanelsJob pack, float* output, bool add = false)
    {
        if (grid.Pixels == 0) return;
        var lanes = SimdWidth.For(grid.ImageC);
        var zeroFloats = Tiling.RoundUp(grid.InC, 16);
        var floats = zeroFloats + PanelPacking.Floats((long)grid.Taps * grid.InC, grid.ImageC, lanes);
        var zeros = (float*)pool.SharedScratch(floats * sizeof(float));
        new Span<float>(zeros, zeroFloats).Clear();
        pack.Lanes = lanes;
        pack.Panels = zeros + zeroFloats;
        pack.Run(pool);
        var arguments = new Arguments { Pool = pool, Grid = grid, Input = input, Zeros = zeros, Panels = pack.Panels, Output = output, Add = add };
        SimdWidth.Dispatch(lanes, ref arguments);
    }

    private static void Run<TVector, TSimd>(in Arguments arguments) where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        var (pool, grid) = (arguments.Pool, arguments.Grid);
        var job = new Job<TVector, TSimd>
        {
            Pool = pool, Grid = grid, Input = arguments.Input, Zeros = arguments.Zeros, Panels = arguments.Panels, Output = arguments.Output, Add = arguments.Add,
        };
        job.UsePatches = grid.InC < PatchChannels && grid.Taps > 1;
        job.BlockPixels = BlockPixels(grid, (long)grid.Taps * grid.InC * 2 * TSimd.Lanes * sizeof(float));
        var blocks = Tiling.Count(grid.Pixels, job.BlockPixels);
        var panelCount = PanelPacking.Panels(grid.ImageC, TSimd.Lanes);
        job.PanelsPerTile = blocks >= 16 ? panelCount : Math.Max(1, panelCount * blocks / 16); // few pixels: share out the channels too
        job.PanelTiles = Tiling.Count(panelCount, job.PanelsPerTile);
        pool.Run(blocks * job.PanelTiles, ref job);
    }

    // A block's pixels and one panel should stay in the second-level cache together, beside what else is in use there; a pixel's row is read by
    // several taps, those of its own filter row from the same block. How sums are added doesn't depend on it.
    private static int BlockPixels(in TapGrid grid, long panelBytes)
    {
        var rowBytes = (long)grid.TapsH * grid.InC * sizeof(float);
        var pixels = 128;
        while (pixels > 32 && pixels * rowBytes + panelBytes > CacheSizes.Level2 / 4 * 3) pixels /= 2;
        return pixels;
    }

    private struct Arguments : ISimdAction
    {
        public WorkerPool Pool;
        public TapGrid Grid;
        public float* Input, Zeros, Panels, Output;
        public bool Add;

        public readonly void Run<TVector, TSimd>() where TVector : struct where TSimd : struct, ISimd<TVector> =>
            DirectConvolution.Run<TVector, TSimd>(this);
    }

    private struct Job<TVector, TSimd> : ITileJob where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        public WorkerPool Pool;
        public TapGrid Grid;
        public float* Input, Zeros, Panels, Output;
        public bool Add, UsePatches;
        public int BlockPixels, PanelsPerTile, PanelTiles;

        private readonly int Depth => Grid.Taps * Grid.InC;

        public readonly void Run(int tile, int worker)
        {
            var first = (long)(tile / PanelTiles) * BlockPixels;
            var count = (int)Math.Min(BlockPixels, Grid.Pixels - first);
            int groups = (count + 7) / 8, taps = UsePatches ? 1 : Grid.Taps, depth = UsePatches ? Depth : Grid.InC;
            // scratch: tap addresses, output addresses, a row for pixels beyond the last, a tile for columns beyond the last, patches
            int tableSize = BlockPixels * taps, rowFloats = Tiling.RoundUp(Grid.ImageC, 32), edgeFloats = TileProduct<TVector, TSimd>.EdgeFloats;
            var patchFloats = UsePatches ? (long)BlockPixels * depth : 0;
            var table = (float**)Pool.Scratch(worker, (tableSize + BlockPixels) * 8L + (rowFloats + edgeFloats + patchFloats) * sizeof(float));
            var outputs = table + tableSize;
            var spare = (float*)(outputs + BlockPixels);
            FillTables(first, count, groups, table, outputs, spare, spare + rowFloats + edgeFloats);
            int panel = tile % PanelTiles * PanelsPerTile, end = Math.Min(panel + PanelsPerTile, PanelPacking.Panels(Grid.ImageC, TSimd.Lanes));
            for (; panel < end; panel++)
            {
                var weights = Panels + (long)panel * 2 * TSimd.Lanes * Depth;
                for (var group = 0; group < groups; group++)
                {
                    // the next group's outputs: a store that misses costs as much as reading the line, and large outputs always miss
                    if (group + 1 < groups) MemoryHint.FetchRows(outputs + (group + 1) * Tile.Rows, Tile.Rows, panel * 2 * TSimd.Lanes, 2 * TSimd.Lanes);
                    TileProduct<TVector, TSimd>.Run(Grid.ImageC, panel, table + group * taps * Tile.Rows, taps, depth, weights,
                        outputs + group * Tile.Rows, spare + rowFloats, Add);
                }
            }
        }

        private readonly void FillTables(long first, int count, int groups, float** table, float** outputs, float* spare, float* patches)
        {
            if (UsePatches)
            {
                Grid.FillPatches(Input, first, count, patches, Depth);
                for (var i = 0; i < groups * 8; i++) table[i] = patches + (long)Math.Min(i, count - 1) * Depth;
            }
            else
            {
                Grid.FillTaps(Input, Zeros, first, count, table, Grid.Taps * 8, 8);
                for (var i = count; i < groups * 8; i++)
                    for (var tap = 0; tap < Grid.Taps; tap++) table[((i >> 3) * Grid.Taps + tap) * 8 + (i & 7)] = Zeros;
            }
            Grid.FillOutputs(Output, first, count, outputs);
            for (var i = count; i < groups * 8; i++) outputs[i] = spare;
        }
    }
}

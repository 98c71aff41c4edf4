using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>3×3 convolution of unit stride and its input gradient by F(4×4, 3×3), in blocks of patches that stay in the cache.</summary>
internal static unsafe class WinogradConvolution
{
    // Patches of a tile of the separate input transform; divides every block.
    private const int TransformPatches = 8;

    /// <summary>y = x ∗ w.</summary>
    public static void Forward(WorkerPool pool, in ConvGeometry g, float* x, float* w, float* y) => Run(pool, g, false, x, w, y);

    /// <summary>dx: the convolution of dy with the filter turned round, padded by 2 − padding.</summary>
    public static void BackwardInput(WorkerPool pool, in ConvGeometry g, float* dy, float* w, float* dx)
    {
        var turned = new ConvGeometry(g.N, g.P, g.Q, g.K, g.C, 3, 3, 1, 2 - g.Padding);
        Run(pool, turned, true, dy, w, dx);
    }

    private static void Run(WorkerPool pool, in ConvGeometry g, bool gradient, float* x, float* w, float* y)
    {
        var convolution = new Convolution { Pool = pool, Geometry = g, IsGradient = gradient, X = x, Weights = w, Y = y };
        SimdWidth.Dispatch(Winograd.Lanes(g), ref convolution);
    }

    private struct Convolution : ISimdAction
    {
        public WorkerPool Pool;
        public ConvGeometry Geometry;
        public bool IsGradient;
        public float* X, Weights, Y;

        public readonly void Run<TVector, TSimd>() where TVector : struct where TSimd : struct, ISimd<TVector> =>
            WinogradConvolution.Run<TVector, TSimd>(Pool, Geometry, IsGradient, X, Weights, Y);
    }

    private static void Run<TVector, TSimd>(WorkerPool pool, in ConvGeometry g, bool gradient, float* x, float* w, float* y)
        where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        var zeroFloats = Tiling.RoundUp(g.C, 16);
        var planeU = (long)g.C * g.K;
        int patchesH = Winograd.Patches(g.P), patchesW = Winograd.Patches(g.Q), patches = g.N * patchesH * patchesW;
        var (block, columns) = Winograd.TileSize(g.C, g.K, patches);
        int blocks = Tiling.Count(patches, block), columnTiles = Tiling.Count(g.K, columns);
        var blockV = Winograd.Positions * Winograd.PlaneFloats(block, Winograd.RowFloats(g.C));
        var zeros = (float*)pool.SharedScratch((zeroFloats + Winograd.Positions * planeU + (columnTiles > 1 ? blocks * blockV : 0)) * sizeof(float));
        new Span<float>(zeros, zeroFloats).Clear();
        var filter = new WinogradFilterJob<TVector, TSimd> { Weights = w, Panels = zeros + zeroFloats, Plane = planeU, Rows = g.C, Columns = g.K, Gradient = gradient };
        filter.Run(pool);

        var job = new Job<TVector, TSimd>
        {
            Pool = pool, X = x, Y = y, Zeros = zeros, Panels = filter.Panels, PlaneU = planeU, C = g.C, K = g.K, Patches = patches,
            Inputs = new WinogradPatches(g.H, g.W, g.C, Winograd.InputSide, g.Padding, patchesH, patchesW),
            Outputs = new WinogradPatches(g.P, g.Q, g.K, Winograd.OutputSide, 0, patchesH, patchesW),
            BlockPatches = block, TileColumns = columns, ColumnTiles = columnTiles, BlockV = blockV,
        };
        if (columnTiles > 1)
        {
            job.SharedV = filter.Panels + Winograd.Positions * planeU;
            var transform = new TransformJob<TVector, TSimd> { Convolution = job };
            pool.Run(Tiling.Count(patches, TransformPatches), ref transform);
        }
        pool.Run(blocks * columnTiles, ref job);
    }

    private struct Job<TVector, TSimd> : ITileJob where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        public WorkerPool Pool;
        public float* X, Y, Zeros, Panels;
        public float* SharedV;
        public long PlaneU, BlockV;
        public int C, K, Patches, BlockPatches, TileColumns, ColumnTiles;
        public WinogradPatches Inputs, Outputs;

        public readonly void Run(int tile, int worker)
        {
            int first = tile / ColumnTiles * BlockPatches, count = Math.Min(BlockPatches, Patches - first);
            int column = tile % ColumnTiles * TileColumns, columns = Math.Min(TileColumns, K - column);
            int rowV = Winograd.RowFloats(C), rowM = Winograd.RowFloats(columns);
            long planeV = Winograd.PlaneFloats(BlockPatches, rowV), planeM = Winograd.PlaneFloats(BlockPatches, rowM);
            var m = (float*)Pool.Scratch(worker, (K + Winograd.Positions * planeM + (SharedV == null ? BlockV : 0)) * sizeof(float));
            var spare = m + Winograd.Positions * planeM;
            var v = SharedV == null ? spare + K : SharedV + first / BlockPatches * BlockV;
            if (SharedV == null) TransformInputs(first, count, v);

            // While products are computed: this block's outputs, and the inputs of the block that this worker is likely to claim next.
            var calls = Winograd.Positions * PanelPacking.Panels(columns, TSimd.Lanes) * Tiling.Count(count, Tile.Rows);
            var next = Math.Min((tile + Pool.Threads) * BlockPatches, Patches);
            var inputs = new CellPrefetcher(X, Inputs, next, SharedV != null ? 0 : Math.Min(BlockPatches, Patches - next), 0, C, calls);
            var outputs = new CellPrefetcher(Y, Outputs, first, count, column, columns, calls);
            Multiply(count, v, rowV, planeV, column, columns, m, rowM, planeM, ref inputs, ref outputs);
            TransformOutputs(first, count, m, rowM, planeM, column, columns, spare);
        }

        public readonly void TransformInputs(int first, int count, float* v)
        {
            var row = Winograd.RowFloats(C);
            var plane = (nint)Winograd.PlaneFloats(BlockPatches, row);
            var pixels = stackalloc float*[WinogradPatches.TableSize];
            var patch = Inputs.At(first);
            for (var i = 0; i < count; i++, patch.Advance(), v += row)
            {
                patch.Locate(X, Zeros, pixels);
                for (var c = 0; c < C; c += TSimd.Lanes) WinogradTransforms<TVector, TSimd>.Input(pixels, c, v + c, plane);
            }
        }

        // Patches beyond the last are computed from whatever the scratch holds and never read.
        private readonly void Multiply(int count, float* v, int rowV, long planeV, int column, int columns, float* m, int rowM, long planeM,
            ref CellPrefetcher inputs, ref CellPrefetcher outputs)
        {
            for (var position = 0; position < Winograd.Positions; position++, v += planeV, m += planeM)
                for (var j = 0; j < columns; j += 2 * TSimd.Lanes)
                {
                    var vectors = columns - j > TSimd.Lanes ? 2 : 1;
                    var panel = Panels + position * PlaneU + (long)(column + j) * C;
                    for (var i = 0; i < count; i += Tile.Rows)
                    {
                        inputs.Next();
                        outputs.Next();
                        StridedKernel<TVector, TSimd>.Run(vectors, v + i * rowV, rowV, C, panel, m + i * rowM + j, rowM);
                    }
                }
        }

        private readonly void TransformOutputs(int first, int count, float* m, int row, long plane, int column, int columns, float* spare)
        {
            var pixels = stackalloc float*[WinogradPatches.TableSize];
            var patch = Outputs.At(first);
            for (var i = 0; i < count; i++, patch.Advance())
            {
                patch.Locate(Y, spare, pixels);
                for (var k = 0; k < columns; k += TSimd.Lanes)
                    WinogradTransforms<TVector, TSimd>.Output(m + (long)i * row + k, (nint)plane, pixels, column + k);
            }
        }
    }

    /// <summary>The input transform as a job of its own, for shapes whose blocks share it.</summary>
    private struct TransformJob<TVector, TSimd> : ITileJob where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        public Job<TVector, TSimd> Convolution;

        public readonly void Run(int tile, int worker)
        {
            int first = tile * TransformPatches, block = Convolution.BlockPatches;
            var v = Convolution.SharedV + first / block * Convolution.BlockV + first % block * Winograd.RowFloats(Convolution.C);
            Convolution.TransformInputs(first, Math.Min(TransformPatches, Convolution.Patches - first), v);
        }
    }
}

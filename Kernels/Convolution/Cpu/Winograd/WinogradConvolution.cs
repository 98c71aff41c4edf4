using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>3×3 convolution and its input gradient by minimal filtering, in blocks of patches that stay in the cache.</summary>
internal static unsafe class WinogradConvolution
{
    // Patches of a tile of the separate input transform; divides every block.
    private const int TransformPatches = 8;

    /// <summary>y = x ∗ w.</summary>
    public static void Forward(WorkerPool pool, in ConvGeometry g, WinogradKind kind, float* x, float* w, float* y)
    {
        var images = new Images(g.H, g.W, g.P, g.Q, g.Padding);
        Run(pool, kind, new Convolution { Pool = pool, N = g.N, C = g.C, K = g.K, Images = images, X = x, Weights = w, Y = y }, g);
    }

    /// <summary>dx: the convolution of dy with the filter turned round; of unit stride it is padded by 2 − padding.</summary>
    public static void BackwardInput(WorkerPool pool, in ConvGeometry g, WinogradKind kind, float* dy, float* w, float* dx)
    {
        var images = new Images(g.P, g.Q, g.H, g.W, g.Stride == 1 ? 2 - g.Padding : 0);
        Run(pool, kind, new Convolution { Pool = pool, N = g.N, C = g.K, K = g.C, Images = images, IsGradient = true, X = dy, Weights = w, Y = dx }, g);
    }

    private static void Run(WorkerPool pool, WinogradKind kind, Convolution convolution, in ConvGeometry g)
    {
        convolution.Kind = kind;
        SimdWidth.Dispatch(Winograd.Lanes(g), ref convolution);
    }

    /// <summary>Sizes of the images that a convolution reads and writes.</summary>
    private readonly record struct Images(int InH, int InW, int OutH, int OutW, int Padding);

    private struct Convolution : ISimdAction
    {
        public WorkerPool Pool;
        public WinogradKind Kind;
        public Images Images;
        public int N, C, K;
        public bool IsGradient;
        public float* X, Weights, Y;

        public readonly void Run<TVector, TSimd>() where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            if (Kind == WinogradKind.Unit) Run<TVector, TSimd, UnitForm<TVector, TSimd>>();
            else if (Kind == WinogradKind.Small) Run<TVector, TSimd, SmallForm<TVector, TSimd>>();
            else if (IsGradient) Run<TVector, TSimd, StridedGradientForm<TVector, TSimd>>();
            else Run<TVector, TSimd, StridedForm<TVector, TSimd>>();
        }

        private readonly void Run<TVector, TSimd, TForm>()
            where TVector : struct where TSimd : struct, ISimd<TVector> where TForm : struct, IWinogradForm
        {
            int side = TForm.OutputSide, patchesH = Tiling.Count(Images.OutH, side), patchesW = Tiling.Count(Images.OutW, side), patches = N * patchesH * patchesW;
            var zeroFloats = Tiling.RoundUp(C, 16);
            var planeU = (long)C * K;
            var ownFilter = Winograd.FilterIsLarge(TForm.Filters * planeU);
            var (block, columns) = ownFilter ? (Winograd.OwnFilterPatches, 2 * TSimd.Lanes) : Winograd.TileSize(C, K, patches, TForm.Positions);
            int blocks = Tiling.Count(patches, block), columnTiles = Tiling.Count(K, columns);
            var blockV = TForm.Positions * Winograd.PlaneFloats(block, Winograd.RowFloats(C));
            long filterFloats = ownFilter ? 0 : TForm.Filters * planeU, sharedV = columnTiles > 1 ? blocks * blockV : 0;
            var zeros = (float*)Pool.SharedScratch((zeroFloats + filterFloats + sharedV) * sizeof(float));
            new Span<float>(zeros, zeroFloats).Clear();
            var filter = new WinogradFilterJob<TVector, TSimd, TForm>
            {
                Weights = Weights, Panels = zeros + zeroFloats, Plane = planeU, Rows = C, Columns = K, Gradient = IsGradient,
            };
            if (!ownFilter) filter.Run(Pool);

            var job = new Job<TVector, TSimd, TForm>
            {
                Pool = Pool, X = X, Y = Y, Zeros = zeros, Filter = filter, OwnFilter = ownFilter, C = C, K = K, Patches = patches,
                Inputs = new WinogradPatches(Images.InH, Images.InW, C, TForm.InputSide, TForm.InputStep, Images.Padding, patchesH, patchesW),
                Outputs = new WinogradPatches(Images.OutH, Images.OutW, K, side, side, 0, patchesH, patchesW),
                BlockPatches = block, TileColumns = columns, ColumnTiles = columnTiles, BlockV = blockV,
                SliceColumns = Winograd.SliceColumns(TForm.Positions, columns),
            };
            if (columnTiles > 1)
            {
                job.SharedV = filter.Panels + filterFloats;
                var transform = new TransformJob<TVector, TSimd, TForm> { Convolution = job };
                Pool.Run(Tiling.Count(patches, TransformPatches), ref transform);
            }
            Pool.Run(blocks * columnTiles, ref job);
        }
    }

    private struct Job<TVector, TSimd, TForm> : ITileJob
        where TVector : struct where TSimd : struct, ISimd<TVector> where TForm : struct, IWinogradForm
    {
        public WorkerPool Pool;
        public float* X, Y, Zeros, SharedV;
        public WinogradFilterJob<TVector, TSimd, TForm> Filter;
        public bool OwnFilter;
        public long BlockV;
        public int C, K, Patches, BlockPatches, TileColumns, ColumnTiles, SliceColumns;
        public WinogradPatches Inputs, Outputs;

        public readonly void Run(int tile, int worker)
        {
            int first = tile / ColumnTiles * BlockPatches, count = Math.Min(BlockPatches, Patches - first);
            int column = tile % ColumnTiles * TileColumns, end = Math.Min(column + TileColumns, K);
            int rowM = Winograd.RowFloats(SliceColumns);
            var planeM = Winograd.PlaneFloats(BlockPatches, rowM);
            long planeU = OwnFilter ? (long)C * TileColumns : Filter.Plane, ownFloats = OwnFilter ? TForm.Filters * planeU : 0;
            var m = (float*)Pool.Scratch(worker, (K + TForm.Positions * planeM + ownFloats + (SharedV == null ? BlockV : 0)) * sizeof(float));
            float* spare = m + TForm.Positions * planeM, own = spare + K;
            var v = SharedV == null ? own + ownFloats : SharedV + first / BlockPatches * BlockV;
            if (SharedV == null) TransformInputs(first, count, v);
            // The turned filter may lie where the products will: they come later.
            if (OwnFilter) Filter.Panel(column, own, planeU, m);
            var panels = OwnFilter ? own - (long)column * C : Filter.Panels;

            // While products are computed: this block's outputs, and the inputs of the block that this worker is likely to claim next.
            var calls = TForm.Positions * PanelPacking.Panels(end - column, TSimd.Lanes) * Tiling.Count(count, Tile.Rows);
            var next = Math.Min((tile + Pool.Threads) * BlockPatches, Patches);
            var inputs = new CellPrefetcher(X, Inputs, next, SharedV != null ? 0 : Math.Min(BlockPatches, Patches - next), 0, C, calls);
            for (; column < end; column += SliceColumns)
            {
                var columns = Math.Min(SliceColumns, end - column);
                calls = TForm.Positions * PanelPacking.Panels(columns, TSimd.Lanes) * Tiling.Count(count, Tile.Rows);
                var outputs = new CellPrefetcher(Y, Outputs, first, count, column, columns, calls);
                Multiply(count, v, panels, planeU, column, columns, m, rowM, planeM, ref inputs, ref outputs);
                TransformOutputs(first, count, m, rowM, planeM, column, columns, spare);
            }
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
                for (var c = 0; c < C; c += TSimd.Lanes) TForm.Input(pixels, c, v + c, plane);
            }
        }

        // Patches beyond the last are computed from whatever the scratch holds and never read. One panel of a filter meets all its positions
        // while it is in the first-level cache.
        private readonly void Multiply(int count, float* v, float* panels, long planeU, int column, int columns, float* m, int rowM, long planeM,
            ref CellPrefetcher inputs, ref CellPrefetcher outputs)
        {
            var rowV = Winograd.RowFloats(C);
            var planeV = Winograd.PlaneFloats(BlockPatches, rowV);
            for (var filter = 0; filter < TForm.Filters; filter++)
            {
                var (position, positions) = TForm.Group(filter);
                for (var j = 0; j < columns; j += 2 * TSimd.Lanes)
                {
                    var vectors = columns - j > TSimd.Lanes ? 2 : 1;
                    var panel = panels + filter * planeU + (long)(column + j) * C;
                    for (var at = position; at < position + positions; at++)
                    {
                        float* left = v + at * planeV, to = m + at * planeM + j;
                        for (var i = 0; i < count; i += Tile.Rows)
                        {
                            inputs.Next();
                            outputs.Next();
                            StridedKernel<TVector, TSimd>.Run(vectors, left + i * rowV, rowV, C, panel, to + i * rowM, rowM);
                        }
                    }
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
                for (var k = 0; k < columns; k += TSimd.Lanes) TForm.Output(m + (long)i * row + k, (nint)plane, pixels, column + k);
            }
        }
    }

    /// <summary>The input transform as a job of its own, for shapes whose blocks share it.</summary>
    private struct TransformJob<TVector, TSimd, TForm> : ITileJob
        where TVector : struct where TSimd : struct, ISimd<TVector> where TForm : struct, IWinogradForm
    {
        public Job<TVector, TSimd, TForm> Convolution;

        public readonly void Run(int tile, int worker)
        {
            int first = tile * TransformPatches, block = Convolution.BlockPatches;
            var v = Convolution.SharedV + first / block * Convolution.BlockV + first % block * Winograd.RowFloats(Convolution.C);
            Convolution.TransformInputs(first, Math.Min(TransformPatches, Convolution.Patches - first), v);
        }
    }
}

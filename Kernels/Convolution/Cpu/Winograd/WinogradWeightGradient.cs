using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>
/// The weight gradient of a 3×3 convolution by the adjoint of minimal filtering: dw = Gᵀ[Σ over patches (A dy Aᵀ) ⊙ (Bᵀ d B)]G.
/// </summary>
/// <remarks>
/// y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A is linear in g, so its derivative is the chain of the adjoint maps. A tile of work owns a range of
/// patches, of input and of output channels; it keeps the sums of all filters in the cache and leaves only the nine taps, which a second
/// pass adds up.
/// </remarks>
internal static unsafe class WinogradWeightGradient
{
    // Channels of a tile. Its sums are 2.4 MB and pass through the third-level cache once a block, unnoticed beside the products; tiles of
    // 64×64, whose sums fit the second, transform everything twice as often: 5 % slower over ResNet-18 (32×64: 15 %).
    private const int TileChannels = 128;
    private const int WantedTiles = 16;

    // Blocks of one tile's sum: its sums are transformed back once, at the cost of about one block.
    private const int MinimumBlocks = 4;

    /// <summary>Overwrites dw.</summary>
    public static void Run(WorkerPool pool, in ConvGeometry g, WinogradKind kind, float* x, float* dy, float* dw)
    {
        var gradient = new WeightGradient { Pool = pool, Geometry = g, Kind = kind, X = x, Dy = dy, Dw = dw };
        SimdWidth.Dispatch(Winograd.Lanes(g), ref gradient);
    }

    private struct WeightGradient : ISimdAction
    {
        public WorkerPool Pool;
        public ConvGeometry Geometry;
        public WinogradKind Kind;
        public float* X, Dy, Dw;

        public readonly void Run<TVector, TSimd>() where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            if (Kind == WinogradKind.Unit) Run<TVector, TSimd, UnitForm<TVector, TSimd>>();
            else if (Kind == WinogradKind.Small) Run<TVector, TSimd, SmallForm<TVector, TSimd>>();
            else Run<TVector, TSimd, StridedForm<TVector, TSimd>>();
        }

        private readonly void Run<TVector, TSimd, TForm>()
            where TVector : struct where TSimd : struct, ISimd<TVector> where TForm : struct, IWinogradGradientForm
        {
            var g = Geometry;
            int side = TForm.OutputSide, patchesH = Tiling.Count(g.P, side), patchesW = Tiling.Count(g.Q, side), patches = g.N * patchesH * patchesW;
            var job = new Job<TVector, TSimd, TForm>
            {
                Pool = Pool, X = X, Dy = Dy, C = g.C, K = g.K, Patches = patches, BlockPatches = Winograd.GradientBlockPatches(TForm.Positions),
                Inputs = new WinogradPatches(g.H, g.W, g.C, TForm.InputSide, TForm.InputStep, g.Padding, patchesH, patchesW),
                Outputs = new WinogradPatches(g.P, g.Q, g.K, side, side, 0, patchesH, patchesW),
            };
            job.TilesC = Tiling.Count(g.C, TileChannels);
            job.TilesK = Tiling.Count(g.K, TileChannels);
            var blocks = Tiling.Count(patches, job.BlockPatches);
            var splits = Math.Clamp(WantedTiles / (job.TilesC * job.TilesK), 1, Math.Max(1, blocks / MinimumBlocks));
            job.SplitPatches = Tiling.Count(blocks, splits) * job.BlockPatches;
            splits = Tiling.Count(patches, job.SplitPatches);

            int zeroFloats = Tiling.RoundUp(Math.Max(g.C, g.K), 16), weights = 9 * g.C * g.K;
            job.Zeros = (float*)Pool.SharedScratch((zeroFloats + (splits > 1 ? (long)splits * weights : 0)) * sizeof(float));
            new Span<float>(job.Zeros, zeroFloats).Clear();
            job.Parts = splits > 1 ? job.Zeros + zeroFloats : Dw;
            Pool.Run(splits * job.TilesC * job.TilesK, ref job);
            if (splits > 1) SumParts.Run(Pool, job.Parts, splits, weights, 9 * g.C, g.K, g.K, Dw);
        }
    }

    private struct Job<TVector, TSimd, TForm> : ITileJob
        where TVector : struct where TSimd : struct, ISimd<TVector> where TForm : struct, IWinogradGradientForm
    {
        public WorkerPool Pool;
        public float* X, Dy, Zeros, Parts;
        public int C, K, Patches, BlockPatches, SplitPatches, TilesC, TilesK;
        public WinogradPatches Inputs, Outputs;

        public readonly void Run(int tile, int worker)
        {
            int split = tile / (TilesC * TilesK), c0 = tile / TilesK % TilesC * TileChannels, k0 = tile % TilesK * TileChannels;
            int sizeC = Math.Min(TileChannels, C - c0), sizeK = Math.Min(TileChannels, K - k0);
            int rowV = Winograd.RowFloats(sizeC), rowZ = Winograd.RowFloats(sizeK), rowsU = Tiling.RoundUp(sizeC, Tile.Rows);
            long planeV = Winograd.PlaneFloats(BlockPatches, rowV), planeZ = Winograd.PlaneFloats(BlockPatches, rowZ), planeU = Winograd.PlaneFloats(rowsU, sizeK);
            var tableBytes = (long)TForm.Positions * BlockPatches * sizeof(float*);
            var table = (float**)Pool.Scratch(worker, tableBytes + (TForm.Positions * (planeV + planeZ) + TForm.Filters * planeU) * sizeof(float));
            float* v = (float*)((byte*)table + tableBytes), z = v + TForm.Positions * planeV, u = z + TForm.Positions * planeZ;
            for (var position = 0; position < TForm.Positions; position++)
                for (var i = 0; i < BlockPatches; i++) table[position * BlockPatches + i] = v + position * planeV + i * rowV;

            var calls = TForm.Positions * PanelPacking.Panels(sizeK, TSimd.Lanes) * (rowsU / Tile.Rows);
            int start = split * SplitPatches, end = Math.Min(start + SplitPatches, Patches);
            for (var first = start; first < end; first += BlockPatches)
            {
                var count = Math.Min(BlockPatches, end - first);
                Transform(first, count, c0, sizeC, v, rowV, planeV, k0, sizeK, z, rowZ, planeZ);
                int next = Math.Min(first + BlockPatches, end), nextCount = Math.Min(BlockPatches, end - next);
                var inputs = new CellPrefetcher(X, Inputs, next, nextCount, c0, sizeC, calls);
                var outputs = new CellPrefetcher(Dy, Outputs, next, nextCount, k0, sizeK, calls);
                Multiply(table, count, sizeC, z, rowZ, planeZ, u, sizeK, planeU, first > start, ref inputs, ref outputs);
            }
            for (var c = 0; c < sizeC; c++)
                for (var k = 0; k < sizeK; k += TSimd.Lanes)
                    TForm.FilterAdjoint(u + c * sizeK + k, (nint)planeU,
                        Parts + ((long)split * 9 * C + c0 + c) * K + k0 + k, C * K);
        }

        private readonly void Transform(int first, int count, int c0, int sizeC, float* v, int rowV, long planeV, int k0, int sizeK, float* z, int rowZ, long planeZ)
        {
            var pixels = stackalloc float*[WinogradPatches.TableSize];
            WinogradPatches input = Inputs.At(first), output = Outputs.At(first);
            for (var i = 0; i < count; i++, input.Advance(), output.Advance())
            {
                input.Locate(X, Zeros, pixels);
                for (var c = 0; c < sizeC; c += TSimd.Lanes)
                    TForm.Input(pixels, c0 + c, v + i * rowV + c, (nint)planeV);
                output.Locate(Dy, Zeros, pixels);
                for (var k = 0; k < sizeK; k += TSimd.Lanes)
                    TForm.OutputAdjoint(pixels, k0 + k, z + i * rowZ + k, (nint)planeZ);
            }
        }

        private readonly void Multiply(float** table, int count, int sizeC, float* z, int rowZ, long planeZ, float* u, int sizeK, long planeU, bool add,
            ref CellPrefetcher nextInputs, ref CellPrefetcher nextOutputs)
        {
            for (var filter = 0; filter < TForm.Filters; filter++, u += planeU)
            {
                var (position, positions) = TForm.Group(filter);
                for (var k = 0; k < sizeK; k += 2 * TSimd.Lanes)
                {
                    var vectors = sizeK - k > TSimd.Lanes ? 2 : 1;
                    for (var c = 0; c < sizeC; c += Tile.Rows)
                        for (var at = position; at < position + positions; at++)
                        {
                            nextInputs.Next();
                            nextOutputs.Next();
                            ColumnKernel<TVector, TSimd>.Run(vectors, table + at * BlockPatches, c, z + at * planeZ + k, rowZ, count, u + c * sizeK + k,
                                sizeK, add || at > position);
                        }
                }
            }
        }
    }
}

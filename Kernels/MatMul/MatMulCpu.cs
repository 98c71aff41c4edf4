using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>The matrix product on the processor, with the convolution's micro-kernels.</summary>
internal static unsafe class MatMulCpu
{
    // Rows of a tile of work: eight micro-tiles share each panel while it is in the cache.
    private const int BlockRows = 64;

    // Products with few rows share out their columns as well, into about this many tiles.
    private const int WantedTiles = 16;

    /// <summary>
    /// c[m, n] = op(a)·op(b) (+ bias), all row-major; op transposes or not. Overwrites c; the same bits from any number of threads.
    /// </summary>
    /// <param name="pool">The workers.</param>
    /// <param name="transposeA">Whether a is stored [k, m] instead of [m, k].</param>
    /// <param name="transposeB">Whether b is stored [n, k] instead of [k, n].</param>
    /// <param name="m">Rows of c.</param>
    /// <param name="n">Columns of c.</param>
    /// <param name="k">Length of the sums.</param>
    /// <param name="a">Left matrix.</param>
    /// <param name="b">Right matrix.</param>
    /// <param name="c">Result.</param>
    /// <param name="biasOrNull">n values to add to every row, or null.</param>
    public static void Multiply(WorkerPool pool, bool transposeA, bool transposeB, int m, int n, int k, float* a, float* b, float* c, float* biasOrNull)
    {
        if (m == 0 || n == 0) return;
        var arguments = new Arguments { Pool = pool, TransposeA = transposeA, M = m, N = n, K = k, A = a, C = c, Bias = biasOrNull };
        var lanes = SimdWidth.For(n);
        var pack = new PackPanelsJob
        {
            Source = b, Rows = k, Columns = n, Lanes = lanes, TapsH = 1, TapsW = 1,
            RowStride = transposeB ? 1 : n, ColumnStride = transposeB ? k : 1,
            Panels = (float*)pool.SharedScratch(PanelPacking.Floats(k, n, lanes) * sizeof(float)),
        };
        pack.Run(pool);
        arguments.Panels = pack.Panels;
        SimdWidth.Dispatch(lanes, ref arguments);
    }

    private struct Arguments : ISimdAction
    {
        public WorkerPool Pool;
        public bool TransposeA;
        public int M, N, K;
        public float* A, C, Bias, Panels;

        public readonly void Run<TVector, TSimd>() where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            int blocks = Tiling.Count(M, BlockRows), panels = PanelPacking.Panels(N, TSimd.Lanes);
            var job = new Job<TVector, TSimd> { Arguments = this };
            job.PanelsPerTile = blocks >= WantedTiles ? panels : Math.Max(1, panels * blocks / WantedTiles);
            job.PanelTiles = Tiling.Count(panels, job.PanelsPerTile);
            Pool.Run(blocks * job.PanelTiles, ref job);
        }
    }

    private struct Job<TVector, TSimd> : ITileJob where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        public Arguments Arguments;
        public int PanelsPerTile, PanelTiles;

        public readonly void Run(int tile, int worker)
        {
            int m = Arguments.M, n = Arguments.N, k = Arguments.K;
            int first = tile / PanelTiles * BlockRows, count = Math.Min(BlockRows, m - first);
            int spareFloats = Tiling.RoundUp(n, 32), edgeFloats = TileProduct<TVector, TSimd>.EdgeFloats;
            var copyFloats = Arguments.TransposeA ? (long)BlockRows * k : 0;
            var spare = (float*)Arguments.Pool.Scratch(worker, (spareFloats + edgeFloats + copyFloats) * sizeof(float));
            var edge = spare + spareFloats;
            var left = Arguments.TransposeA ? Transposed(first, count, edge + edgeFloats) : Arguments.A + (long)first * k;
            float** rows = stackalloc float*[BlockRows], outputs = stackalloc float*[BlockRows];
            for (var i = 0; i < BlockRows; i++)
            {
                rows[i] = left + (long)Math.Min(i, count - 1) * k; // rows beyond the last repeat it and go to spare memory
                outputs[i] = i < count ? Arguments.C + (long)(first + i) * n : spare;
            }
            int panel = tile % PanelTiles * PanelsPerTile, end = Math.Min(panel + PanelsPerTile, PanelPacking.Panels(n, TSimd.Lanes));
            for (; panel < end; panel++)
            {
                var weights = Arguments.Panels + (long)panel * 2 * TSimd.Lanes * k;
                for (var i = 0; i < count; i += Tile.Rows) TileProduct<TVector, TSimd>.Run(n, panel, rows + i, 1, k, weights, outputs + i, edge);
                if (Arguments.Bias != null) AddBias(outputs, count, panel * 2 * TSimd.Lanes);
            }
        }

        private readonly float* Transposed(int first, int count, float* to)
        {
            for (var j = 0; j < Arguments.K; j++)
            {
                var from = Arguments.A + (long)j * Arguments.M + first;
                for (var i = 0; i < count; i++) to[(long)i * Arguments.K + j] = from[i];
            }
            return to;
        }

        private readonly void AddBias(float** outputs, int count, int column)
        {
            var end = Math.Min(column + 2 * TSimd.Lanes, Arguments.N);
            for (var i = 0; i < count; i++)
                for (var j = column; j < end; j++) outputs[i][j] += Arguments.Bias[j];
        }
    }
}

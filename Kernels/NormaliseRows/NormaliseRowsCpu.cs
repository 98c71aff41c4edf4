using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>L2 normalisation of rows on the CPU: tiles of rows, vectors along a row.</summary>
internal static unsafe class NormaliseRowsCpu
{
    // About 4 Ki elements a tile: a microsecond of work, and a batch of 128 rows of 512 still makes 16 tiles.
    private const int TileElements = 4 * 1024;

    public static void Forward(CpuDevice cpu, Tensor x, float epsilon, Tensor norms, Tensor y)
    {
        var job = new ForwardJob
        {
            X = CpuDevice.Floats(x), Norms = CpuDevice.Floats(norms), Y = CpuDevice.Floats(y), N = x.Shape[0], D = x.Shape[1], Epsilon = epsilon,
        };
        job.TileRows = TileRows(job.D);
        SimdWidth.Run(cpu.Pool, Tiling.Count(job.N, job.TileRows), job);
    }

    public static void Backward(CpuDevice cpu, Tensor y, Tensor norms, float epsilon, Tensor dY, Tensor dX)
    {
        var job = new BackwardJob
        {
            Y = CpuDevice.Floats(y), Norms = CpuDevice.Floats(norms), DY = CpuDevice.Floats(dY), DX = CpuDevice.Floats(dX),
            N = y.Shape[0], D = y.Shape[1], Epsilon = epsilon,
        };
        job.TileRows = TileRows(job.D);
        SimdWidth.Run(cpu.Pool, Tiling.Count(job.N, job.TileRows), job);
    }

    private static int TileRows(int d) => Math.Max(1, TileElements / d);

    private static float Norm<TVector, TSimd>(float* x, int d) where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        var squares = FixedOrderSum.OfProducts<TVector, TSimd>(x, x, d);
        // NaN passes on: it is on neither side.
        if (!(squares < NormaliseRowsOp.LeastSquares || squares > NormaliseRowsOp.MostSquares)) return (float)Math.Sqrt(squares);
        // Rare enough for a plain loop. In double no square of a float leaves the range.
        squares = 0;
        for (var i = 0; i < d; i++) squares += (double)x[i] * x[i];
        return (float)Math.Sqrt(squares);
    }

    private struct ForwardJob : ISimdTileJob
    {
        public float* X, Norms, Y;
        public int N, D, TileRows;
        public float Epsilon;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            var end = Tiling.End(tile, TileRows, N);
            for (var n = tile * TileRows; n < end; n++)
            {
                float* x = X + (long)n * D, y = Y + (long)n * D;
                var norm = Norm<TVector, TSimd>(x, D);
                Norms[n] = norm;
                // Written so that NaN passes on: it's not below epsilon.
                var denominator = norm < Epsilon ? Epsilon : norm;
                var denominators = TSimd.Broadcast(denominator);
                var i = 0;
                for (; i <= D - TSimd.Lanes; i += TSimd.Lanes) TSimd.Store(TSimd.Divide(TSimd.Load(x + i), denominators), y + i);
                for (; i < D; i++) y[i] = x[i] / denominator;
            }
        }
    }

    private struct BackwardJob : ISimdTileJob
    {
        public float* Y, Norms, DY, DX;
        public int N, D, TileRows;
        public float Epsilon;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            var end = Tiling.End(tile, TileRows, N);
            for (var n = tile * TileRows; n < end; n++)
            {
                float* y = Y + (long)n * D, dY = DY + (long)n * D, dX = DX + (long)n * D;
                var isShort = Norms[n] < Epsilon;
                var along = isShort ? 0f : (float)FixedOrderSum.OfProducts<TVector, TSimd>(y, dY, D);
                var denominator = isShort ? Epsilon : Norms[n];
                TVector alongs = TSimd.Broadcast(along), denominators = TSimd.Broadcast(denominator);
                var i = 0;
                for (; i <= D - TSimd.Lanes; i += TSimd.Lanes)
                {
                    var across = TSimd.Subtract(TSimd.Load(dY + i), TSimd.Multiply(TSimd.Load(y + i), alongs));
                    TSimd.Store(TSimd.Divide(across, denominators), dX + i);
                }
                for (; i < D; i++) dX[i] = (dY[i] - y[i] * along) / denominator;
            }
        }
    }
}

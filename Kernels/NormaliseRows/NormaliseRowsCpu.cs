using System.Numerics;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>L2 normalisation of rows on the CPU: tiles of rows, vectors along a row.</summary>
internal static unsafe class NormaliseRowsCpu
{
    // About 4 Ki elements a tile: a microsecond of work, and a batch of 128 rows of 512 still makes 16 tiles.
    private const int TileElements = 4 * 1024;

    public static void Forward(CpuDevice cpu, Tensor x, float epsilon, Tensor norms, Tensor y)
    {
        var job = new ForwardJob { X = CpuDevice.Floats(x), Norms = CpuDevice.Floats(norms), Y = CpuDevice.Floats(y), N = x.Shape[0], D = x.Shape[1], Epsilon = epsilon };
        job.TileRows = TileRows(job.D);
        cpu.Pool.Run((job.N + job.TileRows - 1) / job.TileRows, ref job);
    }

    public static void Backward(CpuDevice cpu, Tensor y, Tensor norms, float epsilon, Tensor dY, Tensor dX)
    {
        var job = new BackwardJob
        {
            Y = CpuDevice.Floats(y), Norms = CpuDevice.Floats(norms), DY = CpuDevice.Floats(dY), DX = CpuDevice.Floats(dX), N = y.Shape[0], D = y.Shape[1], Epsilon = epsilon,
        };
        job.TileRows = TileRows(job.D);
        cpu.Pool.Run((job.N + job.TileRows - 1) / job.TileRows, ref job);
    }

    private static int TileRows(int d) => Math.Max(1, TileElements / d);

    private struct ForwardJob : ITileJob
    {
        public float* X, Norms, Y;
        public int N, D, TileRows;
        public float Epsilon;

        public readonly void Run(int tile, int worker)
        {
            for (var n = tile * TileRows; n < Math.Min((tile + 1) * TileRows, N); n++)
            {
                float* x = X + (long)n * D, y = Y + (long)n * D;
                var norm = MathF.Sqrt(FixedOrderSum.OfProducts(x, x, D));
                Norms[n] = norm;
                // Written so that NaN passes on: it's not below epsilon.
                var denominator = norm < Epsilon ? Epsilon : norm;
                Vector<float> denominators = new(denominator);
                var i = 0;
                for (; i <= D - Vector<float>.Count; i += Vector<float>.Count) (Vector.Load(x + i) / denominators).Store(y + i);
                for (; i < D; i++) y[i] = x[i] / denominator;
            }
        }
    }

    private struct BackwardJob : ITileJob
    {
        public float* Y, Norms, DY, DX;
        public int N, D, TileRows;
        public float Epsilon;

        public readonly void Run(int tile, int worker)
        {
            for (var n = tile * TileRows; n < Math.Min((tile + 1) * TileRows, N); n++)
            {
                float* y = Y + (long)n * D, dY = DY + (long)n * D, dX = DX + (long)n * D;
                var isShort = Norms[n] < Epsilon;
                var along = isShort ? 0f : FixedOrderSum.OfProducts(y, dY, D);
                var denominator = isShort ? Epsilon : Norms[n];
                Vector<float> alongs = new(along), denominators = new(denominator);
                var i = 0;
                for (; i <= D - Vector<float>.Count; i += Vector<float>.Count)
                    ((Vector.Load(dY + i) - Vector.Load(y + i) * alongs) / denominators).Store(dX + i);
                for (; i < D; i++) dX[i] = (dY[i] - y[i] * along) / denominator;
            }
        }
    }
}

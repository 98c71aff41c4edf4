using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>The supervised contrastive loss on the CPU: tiles of rows, vectors along a row on either side of the diagonal.</summary>
internal static unsafe class SupervisedContrastiveCpu
{
    // 8 rows of 128 are some 2 µs of exponentials: more than claiming a tile costs.
    private const int TileRows = 8;

    public static void Forward(CpuDevice cpu, Tensor cosines, Tensor labels, float temperature, Tensor rows, Tensor y)
    {
        var job = new ForwardJob { Batch = new Batch(cpu, cosines, labels, temperature, rows) };
        var n = job.Batch.N;
        SimdWidth.Run(cpu.Pool, Tiling.Count(n, TileRows), job);
        *CpuDevice.Floats(y) = (float)(FixedOrderSum.Of(job.Batch.Rows + SupervisedContrastiveOp.Loss * n, n) / n);
    }

    public static void Backward(CpuDevice cpu, Tensor cosines, Tensor labels, float temperature, Tensor rows, Tensor dY, Tensor dX)
    {
        var job = new BackwardJob { Batch = new Batch(cpu, cosines, labels, temperature, rows), DX = CpuDevice.Floats(dX) };
        job.Scale = *CpuDevice.Floats(dY) / (job.Batch.N * temperature);
        SimdWidth.Run(cpu.Pool, Tiling.Count(job.Batch.N, TileRows), job);
    }

    /// <summary>What both directions read.</summary>
    private readonly struct Batch
    {
        public readonly float* X, Rows, Labels;
        public readonly int N;
        public readonly float InverseTemperature;

        public Batch(CpuDevice cpu, Tensor cosines, Tensor labels, float temperature, Tensor rows)
        {
            X = CpuDevice.Floats(cosines);
            Rows = CpuDevice.Floats(rows);
            (N, InverseTemperature) = (labels.Shape[0], 1f / temperature);
            // As floats, which vectors compare; whole numbers up to 2²⁴ are exact.
            Labels = (float*)cpu.Pool.SharedScratch((long)N * sizeof(float));
            var from = CpuDevice.Ints(labels);
            for (var i = 0; i < N; i++) Labels[i] = from[i];
        }
    }

    private struct ForwardJob : ISimdTileJob
    {
        public Batch Batch;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            int n = Batch.N, end = Tiling.End(tile, TileRows, n);
            for (var i = tile * TileRows; i < end; i++)
            {
                var sums = new RowSums { X = Batch.X + (long)i * n, Labels = Batch.Labels, Own = Batch.Labels[i], InverseTemperature = Batch.InverseTemperature };
                sums.Max = RowMaximum.Of<TVector, TSimd>(sums.X, n);
                sums.Add<TVector, TSimd>(0, i);
                sums.Add<TVector, TSimd>(i + 1, n);
                var logarithm = MathF.Log((float)sums.Exponentials + SupervisedContrastiveOp.Delta);
                var weight = 1f / ((float)sums.Partners + SupervisedContrastiveOp.Delta);
                Batch.Rows[SupervisedContrastiveOp.Largest * n + i] = sums.Max;
                Batch.Rows[SupervisedContrastiveOp.Weight * n + i] = weight;
                Batch.Rows[SupervisedContrastiveOp.Factor * n + i] =
                    (float)(sums.Partners * weight / ((float)sums.Exponentials + SupervisedContrastiveOp.Delta));
                Batch.Rows[SupervisedContrastiveOp.Loss * n + i] = (float)(weight * (sums.Partners * logarithm - sums.Positives));
            }
        }
    }

    /// <summary>The sums over a part of a row.</summary>
    private struct RowSums
    {
        public float* X, Labels;
        public float Own, Max, InverseTemperature;
        public double Exponentials, Positives, Partners;

        public void Add<TVector, TSimd>(int j, int end) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            while (j <= end - TSimd.Lanes) j = AddBlock<TVector, TSimd>(j, Math.Min(end, j + FixedOrderSum.ChainLength * TSimd.Lanes));
            while (j < end) j = AddBlock<float, Simd1>(j, Math.Min(end, j + FixedOrderSum.ChainLength));
        }

        // As many whole vectors as there are; returns where it stopped.
        private int AddBlock<TVector, TSimd>(int j, int end) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            TVector own = TSimd.Broadcast(Own), max = TSimd.Broadcast(Max), inverse = TSimd.Broadcast(InverseTemperature), one = TSimd.Broadcast(1f);
            TVector exponentials = TSimd.Zero, positives = TSimd.Zero, partners = TSimd.Zero;
            for (; j <= end - TSimd.Lanes; j += TSimd.Lanes)
            {
                var s = TSimd.Multiply(TSimd.Subtract(TSimd.Load(X + j), max), inverse);
                var label = TSimd.Load(Labels + j);
                exponentials = TSimd.Add(exponentials, VectorExp.Exp<TVector, TSimd>(s));
                positives = TSimd.Add(positives, TSimd.WhereEqual(label, own, s, TSimd.Zero));
                partners = TSimd.Add(partners, TSimd.WhereEqual(label, own, one, TSimd.Zero));
            }
            Exponentials += TSimd.Sum(exponentials);
            Positives += TSimd.Sum(positives);
            Partners += TSimd.Sum(partners);
            return j;
        }
    }

    private struct BackwardJob : ISimdTileJob
    {
        public Batch Batch;
        public float* DX;
        public float Scale;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            int n = Batch.N, end = Tiling.End(tile, TileRows, n);
            for (var i = tile * TileRows; i < end; i++)
            {
                Range<float, Simd1>(i, Range<TVector, TSimd>(i, 0));
                DX[(long)i * n + i] = 0f;
            }
        }

        private readonly int Range<TVector, TSimd>(int i, int j) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            var n = Batch.N;
            float* x = Batch.X + (long)i * n, dX = DX + (long)i * n;
            TVector max = TSimd.Broadcast(Batch.Rows[SupervisedContrastiveOp.Largest * n + i]), inverse = TSimd.Broadcast(Batch.InverseTemperature);
            TVector weight = TSimd.Broadcast(Batch.Rows[SupervisedContrastiveOp.Weight * n + i]);
            TVector factor = TSimd.Broadcast(Batch.Rows[SupervisedContrastiveOp.Factor * n + i]);
            TVector own = TSimd.Broadcast(Batch.Labels[i]), scale = TSimd.Broadcast(Scale);
            for (; j <= n - TSimd.Lanes; j += TSimd.Lanes)
            {
                var share = TSimd.Multiply(VectorExp.Exp<TVector, TSimd>(TSimd.Multiply(TSimd.Subtract(TSimd.Load(x + j), max), inverse)), factor);
                var target = TSimd.WhereEqual(TSimd.Load(Batch.Labels + j), own, weight, TSimd.Zero);
                TSimd.Store(TSimd.Multiply(TSimd.Subtract(share, target), scale), dX + j);
            }
            return j;
        }
    }
}

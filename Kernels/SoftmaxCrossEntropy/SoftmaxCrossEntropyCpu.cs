using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Softmax cross-entropy on the CPU: tiles of rows, vectors along the classes.</summary>
internal static unsafe class SoftmaxCrossEntropyCpu
{
    // At 100 classes 16 rows are about 3 µs of exponentials: more than claiming a tile costs, and a batch of 128 still gives each core
    // several.
    private const int TileRows = 16;

    public static void Forward(CpuDevice cpu, Tensor logits, Tensor labels, Tensor rows, Tensor y)
    {
        var job = new ForwardJob
        {
            X = CpuDevice.Floats(logits), Labels = CpuDevice.Ints(labels), Rows = CpuDevice.Floats(rows), N = logits.Shape[0], C = logits.Shape[1],
        };
        SimdWidth.Run(cpu.Pool, Tiling.Count(job.N, TileRows), job);
        *CpuDevice.Floats(y) = (float)(FixedOrderSum.Of(job.Rows + 2 * job.N, job.N) / job.N);
    }

    public static void Backward(CpuDevice cpu, Tensor logits, Tensor labels, Tensor rows, Tensor dY, Tensor dLogits)
    {
        var job = new BackwardJob
        {
            X = CpuDevice.Floats(logits), Labels = CpuDevice.Ints(labels), Rows = CpuDevice.Floats(rows), DX = CpuDevice.Floats(dLogits),
            N = logits.Shape[0], C = logits.Shape[1], Scale = *CpuDevice.Floats(dY) / logits.Shape[0],
        };
        SimdWidth.Run(cpu.Pool, Tiling.Count(job.N, TileRows), job);
    }

    private struct ForwardJob : ISimdTileJob
    {
        public float* X, Rows;
        public int* Labels;
        public int N, C;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            var end = Tiling.End(tile, TileRows, N);
            for (var n = tile * TileRows; n < end; n++)
            {
                var x = X + (long)n * C;
                var max = RowMaximum.Of<TVector, TSimd>(x, C);
                var sum = SumOfExponentials<TVector, TSimd>(x, max, C);
                var label = Labels[n];
                Rows[n] = max;
                Rows[N + n] = 1f / sum;
                Rows[2 * N + n] = (uint)label < (uint)C ? MathF.Log(sum) - (x[label] - max) : float.NaN;
            }
        }
    }

    private static float SumOfExponentials<TVector, TSimd>(float* x, float max, int count)
        where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        double total = 0;
        var shift = TSimd.Broadcast(max);
        var c = 0;
        while (c <= count - TSimd.Lanes)
        {
            var sums = TSimd.Zero;
            var end = Math.Min(count, c + FixedOrderSum.ChainLength * TSimd.Lanes);
            for (; c <= end - TSimd.Lanes; c += TSimd.Lanes)
                sums = TSimd.Add(sums, VectorExp.Exp<TVector, TSimd>(TSimd.Subtract(TSimd.Load(x + c), shift)));
            total += TSimd.Sum(sums);
        }
        for (; c < count; c++) total += VectorExp.Exp<float, Simd1>(x[c] - max);
        return (float)total;
    }

    private struct BackwardJob : ISimdTileJob
    {
        public float* X, Rows, DX;
        public int* Labels;
        public int N, C;
        public float Scale;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            var end = Tiling.End(tile, TileRows, N);
            for (var n = tile * TileRows; n < end; n++)
            {
                float* x = X + (long)n * C, dX = DX + (long)n * C;
                float max = Rows[n], factor = Rows[N + n];
                TVector shift = TSimd.Broadcast(max), factors = TSimd.Broadcast(factor), scales = TSimd.Broadcast(Scale);
                var c = 0;
                for (; c <= C - TSimd.Lanes; c += TSimd.Lanes)
                {
                    var exponential = VectorExp.Exp<TVector, TSimd>(TSimd.Subtract(TSimd.Load(x + c), shift));
                    TSimd.Store(TSimd.Multiply(TSimd.Multiply(exponential, factors), scales), dX + c);
                }
                for (; c < C; c++) dX[c] = VectorExp.Exp<float, Simd1>(x[c] - max) * factor * Scale;
                // Subtracted before scaling: near p = 1 the difference must not inherit the product's rounding.
                var label = Labels[n];
                if ((uint)label < (uint)C) dX[label] = (VectorExp.Exp<float, Simd1>(x[label] - max) * factor - 1f) * Scale;
            }
        }
    }
}

using System.Numerics;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Softmax cross-entropy on the CPU: tiles of rows, vectors along the classes.</summary>
internal static unsafe class SoftmaxCrossEntropyCpu
{
    // At 100 classes 16 rows are about 3 µs of exponentials: more than claiming a tile costs, and a batch of 128 still gives each core several.
    private const int TileRows = 16;

    public static void Forward(CpuDevice cpu, Tensor logits, Tensor labels, Tensor rows, Tensor y)
    {
        var job = new ForwardJob { X = CpuDevice.Floats(logits), Labels = CpuDevice.Ints(labels), Rows = CpuDevice.Floats(rows), N = logits.Shape[0], C = logits.Shape[1] };
        cpu.Pool.Run((job.N + TileRows - 1) / TileRows, ref job);
        *CpuDevice.Floats(y) = (float)(FixedOrderSum.Of(job.Rows + 2 * job.N, job.N) / job.N);
    }

    public static void Backward(CpuDevice cpu, Tensor logits, Tensor labels, Tensor rows, Tensor dY, Tensor dLogits)
    {
        var job = new BackwardJob
        {
            X = CpuDevice.Floats(logits), Labels = CpuDevice.Ints(labels), Rows = CpuDevice.Floats(rows), DX = CpuDevice.Floats(dLogits),
            N = logits.Shape[0], C = logits.Shape[1], Scale = *CpuDevice.Floats(dY) / logits.Shape[0],
        };
        cpu.Pool.Run((job.N + TileRows - 1) / TileRows, ref job);
    }

    private struct ForwardJob : ITileJob
    {
        public float* X, Rows;
        public int* Labels;
        public int N, C;

        public readonly void Run(int tile, int worker)
        {
            for (var n = tile * TileRows; n < Math.Min((tile + 1) * TileRows, N); n++)
            {
                var x = X + (long)n * C;
                var max = Max(x, C);
                var sum = SumOfExponentials(x, max, C);
                var label = Labels[n];
                Rows[n] = max;
                Rows[N + n] = 1f / sum;
                Rows[2 * N + n] = (uint)label < (uint)C ? MathF.Log(sum) - (x[label] - max) : float.NaN;
            }
        }
    }

    // Comparisons pass over NaN; it comes back through its exponential.
    private static float Max(float* x, int count)
    {
        var max = float.NegativeInfinity;
        var c = 0;
        if (count >= Vector<float>.Count)
        {
            var largest = Vector.Load(x);
            for (; c <= count - Vector<float>.Count; c += Vector<float>.Count)
            {
                var value = Vector.Load(x + c);
                largest = Vector.ConditionalSelect(Vector.GreaterThan(value, largest), value, largest);
            }
            for (var lane = 0; lane < Vector<float>.Count; lane++)
                if (largest[lane] > max) max = largest[lane];
        }
        for (; c < count; c++)
            if (x[c] > max) max = x[c];
        return max;
    }

    private static float SumOfExponentials(float* x, float max, int count)
    {
        Vector<float> sums = default, shift = new(max);
        var c = 0;
        for (; c <= count - Vector<float>.Count; c += Vector<float>.Count) sums += Vector.Exp(Vector.Load(x + c) - shift);
        var sum = Vector.Sum(sums);
        for (; c < count; c++) sum += MathF.Exp(x[c] - max);
        return sum;
    }

    private struct BackwardJob : ITileJob
    {
        public float* X, Rows, DX;
        public int* Labels;
        public int N, C;
        public float Scale;

        public readonly void Run(int tile, int worker)
        {
            for (var n = tile * TileRows; n < Math.Min((tile + 1) * TileRows, N); n++)
            {
                float* x = X + (long)n * C, dX = DX + (long)n * C;
                float max = Rows[n], factor = Rows[N + n];
                Vector<float> shift = new(max), factors = new(factor), scales = new(Scale);
                var c = 0;
                for (; c <= C - Vector<float>.Count; c += Vector<float>.Count)
                    (Vector.Exp(Vector.Load(x + c) - shift) * factors * scales).Store(dX + c);
                for (; c < C; c++) dX[c] = MathF.Exp(x[c] - max) * factor * Scale;
                // Subtracted before scaling: near p = 1 the difference must not inherit the product's rounding.
                var label = Labels[n];
                if ((uint)label < (uint)C) dX[label] = (MathF.Exp(x[label] - max) * factor - 1f) * Scale;
            }
        }
    }
}

using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Matrix product on the processor.</summary>
internal static unsafe class MatMulCpu
{
    /// <summary>c [m, n] = op(a)·op(b) + bias, where op transposes when asked; bias [n] or null is added to each row.</summary>
    public static void Multiply(WorkerPool pool, bool transposeA, bool transposeB, int m, int n, int k, float* a, float* b, float* c, float* biasOrNull)
    {
        var job = new Job
        {
            A = a, B = b, C = c, Bias = biasOrNull, M = m, N = n, K = k,
            RowA = transposeA ? 1 : k, ColumnA = transposeA ? m : 1, RowB = transposeB ? 1 : n, ColumnB = transposeB ? k : 1,
        };
        pool.Run(m, ref job);
    }

    private struct Job : ITileJob
    {
        public float* A, B, C, Bias;
        public int M, N, K, RowA, ColumnA, RowB, ColumnB;

        public readonly void Run(int tile, int worker)
        {
            float* row = C + (long)tile * N, a = A + (long)tile * RowA;
            new Span<float>(row, N).Clear();
            for (var i = 0; i < K; i++)
            {
                var scale = a[(long)i * ColumnA];
                var b = B + (long)i * RowB;
                for (var j = 0; j < N; j++) row[j] += scale * b[(long)j * ColumnB];
            }
            if (Bias is not null)
                for (var j = 0; j < N; j++) row[j] += Bias[j];
        }
    }
}

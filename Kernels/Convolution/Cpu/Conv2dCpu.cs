using System.Numerics;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>2-D convolution and its two gradients on the processor.</summary>
internal static unsafe class Conv2dCpu
{
    public static void Forward(WorkerPool pool, in ConvGeometry g, float* x, float* w, float* y)
    {
        var job = new Job { G = g, X = x, W = w, Y = y, Pass = 0 };
        pool.Run(g.N * g.P, ref job);
    }

    public static void BackwardInput(WorkerPool pool, in ConvGeometry g, float* dy, float* w, float* dx)
    {
        var job = new Job { G = g, X = dx, W = w, Y = dy, Pass = 1 };
        pool.Run(g.N, ref job);
    }

    public static void BackwardWeight(WorkerPool pool, in ConvGeometry g, float* x, float* dy, float* dw)
    {
        var job = new Job { G = g, X = x, W = dw, Y = dy, Pass = 2 };
        pool.Run(g.R * g.S, ref job);
    }

    private struct Job : ITileJob
    {
        public ConvGeometry G;
        public float* X, W, Y;
        public int Pass;

        public readonly void Run(int tile, int worker)
        {
            if (Pass == 0)
            {
                new Span<float>(Y + (long)tile * G.Q * G.K, G.Q * G.K).Clear();
                for (var r = 0; r < G.R; r++)
                    for (var s = 0; s < G.S; s++) OutputRow(tile / G.P, tile % G.P, r, s);
            }
            else if (Pass == 1)
            {
                new Span<float>(X + (long)tile * G.H * G.W * G.C, G.H * G.W * G.C).Clear();
                for (var p = 0; p < G.P; p++)
                    for (var r = 0; r < G.R; r++)
                        for (var s = 0; s < G.S; s++) OutputRow(tile, p, r, s);
            }
            else
            {
                new Span<float>(W + (long)tile * G.C * G.K, G.C * G.K).Clear();
                for (var n = 0; n < G.N; n++)
                    for (var p = 0; p < G.P; p++) OutputRow(n, p, tile / G.S, tile % G.S);
            }
        }

        private readonly void OutputRow(int n, int p, int r, int s)
        {
            var h = p * G.Stride + r - G.Padding;
            if (h < 0 || h >= G.H) return;
            for (var q = 0; q < G.Q; q++)
            {
                var column = q * G.Stride + s - G.Padding;
                if (column < 0 || column >= G.W) continue;
                float* x = X + (((long)n * G.H + h) * G.W + column) * G.C, w = W + ((long)r * G.S + s) * G.C * G.K, y = Y + (((long)n * G.P + p) * G.Q + q) * G.K;
                for (var c = 0; c < G.C; c++, w += G.K)
                {
                    if (Pass == 0) AddScaled(y, w, x[c], G.K);
                    else if (Pass == 1) x[c] += Dot(y, w, G.K);
                    else AddScaled(w, y, x[c], G.K);
                }
            }
        }

        private static void AddScaled(float* into, float* from, float scale, int count)
        {
            var i = 0;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count) (Vector.Load(into + i) + Vector.Load(from + i) * scale).Store(into + i);
            for (; i < count; i++) into[i] += from[i] * scale;
        }

        private static float Dot(float* a, float* b, int count)
        {
            var i = 0;
            var sums = Vector<float>.Zero;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count) sums += Vector.Load(a + i) * Vector.Load(b + i);
            var sum = Vector.Sum(sums);
            for (; i < count; i++) sum += a[i] * b[i];
            return sum;
        }
    }
}

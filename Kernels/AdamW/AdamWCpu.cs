using System.Numerics;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>AdamW on the CPU: one pass over four arrays.</summary>
internal static unsafe class AdamWCpu
{
    // 16 Ki elements are 64 KiB of each of the four arrays: the 700 tiles of 11 million parameters share out evenly, and claiming one costs nothing beside its 0.1 ms.
    private const int TileElements = 16 * 1024;

    public static void Update(CpuDevice cpu, Tensor parameter, Tensor gradient, Tensor m, Tensor v, Tensor scalars, AdamWFactors factors)
    {
        var job = new Job
        {
            P = CpuDevice.Floats(parameter), G = CpuDevice.Floats(gradient), M = CpuDevice.Floats(m), V = CpuDevice.Floats(v), Scalars = CpuDevice.Floats(scalars),
            Factors = factors, Count = parameter.Shape.Count,
        };
        cpu.Pool.Run((job.Count + TileElements - 1) / TileElements, ref job);
    }

    public static void NextScalars(Tensor table, Tensor row, Tensor current)
    {
        var next = CpuDevice.Ints(row);
        new ReadOnlySpan<float>(CpuDevice.Floats(table) + *next * AdamWOp.Scalars, AdamWOp.Scalars).CopyTo(new Span<float>(CpuDevice.Floats(current), AdamWOp.Scalars));
        ++*next;
    }

    private struct Job : ITileJob
    {
        public float* P, G, M, V, Scalars;
        public AdamWFactors Factors;
        public int Count;

        public readonly void Run(int tile, int worker)
        {
            var end = Math.Min((tile + 1) * TileElements, Count);
            var i = tile * TileElements;
            Vector<float> beta1 = new(Factors.OneLessBeta1), beta2 = new(Factors.Beta2), square = new(Factors.OneLessBeta2), epsilon = new(Factors.Epsilon);
            Vector<float> decay = new(Scalars[0]), rate = new(Scalars[1]), correction = new(Scalars[2]);
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> p = Vector.Load(P + i), g = Vector.Load(G + i), m = Vector.Load(M + i);
                m += beta1 * (g - m);
                var v = beta2 * Vector.Load(V + i) + square * g * g;
                m.Store(M + i);
                v.Store(V + i);
                (p - (decay * p + rate * m / (Vector.SquareRoot(v) * correction + epsilon))).Store(P + i);
            }
            for (; i < end; i++)
            {
                var g = G[i];
                var m = M[i] + Factors.OneLessBeta1 * (g - M[i]);
                var v = Factors.Beta2 * V[i] + Factors.OneLessBeta2 * g * g;
                (M[i], V[i]) = (m, v);
                P[i] -= Scalars[0] * P[i] + Scalars[1] * m / (MathF.Sqrt(v) * Scalars[2] + Factors.Epsilon);
            }
        }
    }
}

using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>AdamW on the CPU: one pass over four arrays.</summary>
internal static unsafe class AdamWCpu
{
    // 16 Ki elements are 64 KiB of each of the four arrays: the 700 tiles of 11 million parameters share out evenly, and claiming one costs
    // nothing beside its 0.1 ms.
    private const int TileElements = 16 * 1024;

    public static void Update(CpuDevice cpu, AdamWArrays first, AdamWArrays? second, Tensor table, Tensor rows, AdamWFactors factors)
    {
        var row = CpuDevice.Ints(rows);
        var scalars = CpuDevice.Floats(table) + (nint)(*row * (AdamWOp.Groups * AdamWOp.Scalars));
        Update(cpu, first, scalars, factors);
        if (second is { } other) Update(cpu, other, scalars + AdamWOp.Scalars, factors);
        for (var i = 0; i < rows.Shape.Count; i++) row[i]++;
    }

    private static void Update(CpuDevice cpu, AdamWArrays arrays, float* scalars, AdamWFactors factors)
    {
        var job = new Job
        {
            P = CpuDevice.Floats(arrays.Parameter), G = CpuDevice.Floats(arrays.Gradient), M = CpuDevice.Floats(arrays.M), V = CpuDevice.Floats(arrays.V), Scalars = scalars,
            Factors = factors, Count = arrays.Parameter.Shape.Count,
        };
        SimdWidth.Run(cpu.Pool, Tiling.Count(job.Count, TileElements), job);
    }

    private struct Job : ISimdTileJob
    {
        public float* P, G, M, V, Scalars;
        public AdamWFactors Factors;
        public int Count;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            // nint, not int: the last tile of a tensor near 2³¹ elements ends beyond.
            nint start = (nint)tile * TileElements, end = Math.Min(start + TileElements, Count);
            Range<float, Simd1>(Range<TVector, TSimd>(start, end), end);
        }

        private readonly nint Range<TVector, TSimd>(nint i, nint end) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            TVector beta1 = TSimd.Broadcast(Factors.OneLessBeta1), beta2 = TSimd.Broadcast(Factors.Beta2);
            TVector square = TSimd.Broadcast(Factors.OneLessBeta2), epsilon = TSimd.Broadcast(Factors.Epsilon);
            TVector decay = TSimd.Broadcast(Scalars[0]), rate = TSimd.Broadcast(Scalars[1]), correction = TSimd.Broadcast(Scalars[2]);
            for (; i <= end - TSimd.Lanes; i += TSimd.Lanes)
            {
                TVector p = TSimd.Load(P + i), g = TSimd.Load(G + i), m = TSimd.Load(M + i);
                m = TSimd.MultiplyAdd(beta1, TSimd.Subtract(g, m), m);
                var v = TSimd.MultiplyAdd(TSimd.Multiply(square, g), g, TSimd.Multiply(beta2, TSimd.Load(V + i)));
                TSimd.Store(m, M + i);
                TSimd.Store(v, V + i);
                var change = TSimd.Divide(TSimd.Multiply(rate, m), TSimd.MultiplyAdd(TSimd.SquareRoot(v), correction, epsilon));
                TSimd.Store(TSimd.Subtract(p, TSimd.MultiplyAdd(decay, p, change)), P + i);
            }
            return i;
        }
    }
}

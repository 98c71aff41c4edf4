using System.Runtime.CompilerServices;
using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Peak rate of the processor's multiply-adds, at the vector width that the kernels use.</summary>
/// <remarks>
/// Processors start up to two multiply-adds a cycle and finish each after four: eight independent chains fill them. Twelve leave room for a
/// fifth cycle of latency and still fit, with the two operands, the sixteen registers of AVX2. The loop stands in a small method of its
/// own, so that the compiler keeps all of it in registers.
/// </remarks>
internal static unsafe class CpuArithmetic
{
    private const int Chains = 12;
    private const int Iterations = 1 << 15;
    private const int TilesPerThread = 16;

    public static double Measure(CpuDevice cpu)
    {
        var tiles = TilesPerThread * cpu.Pool.Threads;
        float* results = stackalloc float[tiles];
        var job = new Job { Results = results };
        var seconds = Ceilings.Fastest(() => SimdWidth.Run(cpu.Pool, tiles, job));
        return 2.0 * SimdWidth.Lanes * Chains * Iterations * tiles / seconds / 1e9;
    }

    private struct Job : ISimdTileJob
    {
        public float* Results;

        // The result is stored, so that the loop can't be left out.
        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector> =>
            Results[tile] = MultiplyAdds<TVector, TSimd>(tile);
    }

    // x = 0.999·x + 0.001 tends to 1: no denormal, infinite or NaN operands, which some processors treat slowly.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float MultiplyAdds<TVector, TSimd>(int seed) where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        TVector a = TSimd.Broadcast(0.999f), b = TSimd.Broadcast(0.001f), x0 = TSimd.Broadcast(seed), x1 = TSimd.Add(x0, b);
        TVector x2 = TSimd.Add(x1, b), x3 = TSimd.Add(x2, b), x4 = TSimd.Add(x3, b), x5 = TSimd.Add(x4, b), x6 = TSimd.Add(x5, b);
        TVector x7 = TSimd.Add(x6, b), x8 = TSimd.Add(x7, b), x9 = TSimd.Add(x8, b), x10 = TSimd.Add(x9, b), x11 = TSimd.Add(x10, b);
        for (var i = 0; i < Iterations; i++)
        {
            x0 = TSimd.MultiplyAdd(x0, a, b);
            x1 = TSimd.MultiplyAdd(x1, a, b);
            x2 = TSimd.MultiplyAdd(x2, a, b);
            x3 = TSimd.MultiplyAdd(x3, a, b);
            x4 = TSimd.MultiplyAdd(x4, a, b);
            x5 = TSimd.MultiplyAdd(x5, a, b);
            x6 = TSimd.MultiplyAdd(x6, a, b);
            x7 = TSimd.MultiplyAdd(x7, a, b);
            x8 = TSimd.MultiplyAdd(x8, a, b);
            x9 = TSimd.MultiplyAdd(x9, a, b);
            x10 = TSimd.MultiplyAdd(x10, a, b);
            x11 = TSimd.MultiplyAdd(x11, a, b);
        }
        TVector first = TSimd.Add(TSimd.Add(x0, x1), TSimd.Add(x2, x3)), second = TSimd.Add(TSimd.Add(x4, x5), TSimd.Add(x6, x7));
        return TSimd.Sum(TSimd.Add(TSimd.Add(first, second), TSimd.Add(TSimd.Add(x8, x9), TSimd.Add(x10, x11))));
    }
}

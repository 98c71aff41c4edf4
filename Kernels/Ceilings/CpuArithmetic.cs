using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Peak rate of the processor's multiply-adds, at the vector width that the kernels use.</summary>
/// <remarks>
/// Processors start up to two multiply-adds a cycle and finish each after four: eight independent chains fill them. Twelve leave room for a fifth
/// cycle of latency and still fit, with the two operands, the sixteen registers of AVX2. The loops stand in small methods of their own, so that
/// the compiler keeps all of it in registers.
/// </remarks>
internal static class CpuArithmetic
{
    private const int Chains = 12;
    private const int Iterations = 1 << 15;
    private const int TilesPerThread = 16;

    public static double Measure(CpuDevice cpu)
    {
        var lanes = Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4;
        var tiles = TilesPerThread * cpu.Pool.Threads;
        var seconds = Ceilings.Fastest(() =>
        {
            var job = new Job { Lanes = lanes };
            cpu.Pool.Run(tiles, ref job);
        });
        return 2.0 * lanes * Chains * Iterations * tiles / seconds / 1e9;
    }

    private struct Job : ITileJob
    {
        public int Lanes;
        public float Result;

        // The result is stored, so that the loop can't be left out; which thread stores it last doesn't matter.
        public void Run(int tile, int worker) => Result = Lanes switch { 16 => Run512(tile), 8 => Run256(tile), _ => Run128(tile) };
    }

    // x = 0.999·x + 0.001 tends to 1: no denormal, infinite or NaN operands, which some processors treat slowly.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Run512(int seed)
    {
        Vector512<float> a = Vector512.Create(0.999f), b = Vector512.Create(0.001f), x0 = Vector512.Create((float)seed);
        Vector512<float> x1 = x0 + b, x2 = x1 + b, x3 = x2 + b, x4 = x3 + b, x5 = x4 + b, x6 = x5 + b, x7 = x6 + b, x8 = x7 + b, x9 = x8 + b, x10 = x9 + b, x11 = x10 + b;
        for (var i = 0; i < Iterations; i++)
        {
            x0 = Vector512.MultiplyAddEstimate(x0, a, b);
            x1 = Vector512.MultiplyAddEstimate(x1, a, b);
            x2 = Vector512.MultiplyAddEstimate(x2, a, b);
            x3 = Vector512.MultiplyAddEstimate(x3, a, b);
            x4 = Vector512.MultiplyAddEstimate(x4, a, b);
            x5 = Vector512.MultiplyAddEstimate(x5, a, b);
            x6 = Vector512.MultiplyAddEstimate(x6, a, b);
            x7 = Vector512.MultiplyAddEstimate(x7, a, b);
            x8 = Vector512.MultiplyAddEstimate(x8, a, b);
            x9 = Vector512.MultiplyAddEstimate(x9, a, b);
            x10 = Vector512.MultiplyAddEstimate(x10, a, b);
            x11 = Vector512.MultiplyAddEstimate(x11, a, b);
        }
        return Vector512.Sum(x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10 + x11);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Run256(int seed)
    {
        Vector256<float> a = Vector256.Create(0.999f), b = Vector256.Create(0.001f), x0 = Vector256.Create((float)seed);
        Vector256<float> x1 = x0 + b, x2 = x1 + b, x3 = x2 + b, x4 = x3 + b, x5 = x4 + b, x6 = x5 + b, x7 = x6 + b, x8 = x7 + b, x9 = x8 + b, x10 = x9 + b, x11 = x10 + b;
        for (var i = 0; i < Iterations; i++)
        {
            x0 = Vector256.MultiplyAddEstimate(x0, a, b);
            x1 = Vector256.MultiplyAddEstimate(x1, a, b);
            x2 = Vector256.MultiplyAddEstimate(x2, a, b);
            x3 = Vector256.MultiplyAddEstimate(x3, a, b);
            x4 = Vector256.MultiplyAddEstimate(x4, a, b);
            x5 = Vector256.MultiplyAddEstimate(x5, a, b);
            x6 = Vector256.MultiplyAddEstimate(x6, a, b);
            x7 = Vector256.MultiplyAddEstimate(x7, a, b);
            x8 = Vector256.MultiplyAddEstimate(x8, a, b);
            x9 = Vector256.MultiplyAddEstimate(x9, a, b);
            x10 = Vector256.MultiplyAddEstimate(x10, a, b);
            x11 = Vector256.MultiplyAddEstimate(x11, a, b);
        }
        return Vector256.Sum(x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10 + x11);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Run128(int seed)
    {
        Vector128<float> a = Vector128.Create(0.999f), b = Vector128.Create(0.001f), x0 = Vector128.Create((float)seed);
        Vector128<float> x1 = x0 + b, x2 = x1 + b, x3 = x2 + b, x4 = x3 + b, x5 = x4 + b, x6 = x5 + b, x7 = x6 + b, x8 = x7 + b, x9 = x8 + b, x10 = x9 + b, x11 = x10 + b;
        for (var i = 0; i < Iterations; i++)
        {
            x0 = Vector128.MultiplyAddEstimate(x0, a, b);
            x1 = Vector128.MultiplyAddEstimate(x1, a, b);
            x2 = Vector128.MultiplyAddEstimate(x2, a, b);
            x3 = Vector128.MultiplyAddEstimate(x3, a, b);
            x4 = Vector128.MultiplyAddEstimate(x4, a, b);
            x5 = Vector128.MultiplyAddEstimate(x5, a, b);
            x6 = Vector128.MultiplyAddEstimate(x6, a, b);
            x7 = Vector128.MultiplyAddEstimate(x7, a, b);
            x8 = Vector128.MultiplyAddEstimate(x8, a, b);
            x9 = Vector128.MultiplyAddEstimate(x9, a, b);
            x10 = Vector128.MultiplyAddEstimate(x10, a, b);
            x11 = Vector128.MultiplyAddEstimate(x11, a, b);
        }
        return Vector128.Sum(x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10 + x11);
    }
}

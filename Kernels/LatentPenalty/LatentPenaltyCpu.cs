using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>The latent penalty on the CPU: SIMD over fixed tiles of elements, the tiles' sums added in order.</summary>
internal static unsafe class LatentPenaltyCpu
{
    // A lane adds at most 4096/(4·4) = 256 terms in single precision, the tiles' sums are added in double: relative error below 1e-6.
    private const int TileElements = 4 * 1024;

    public static void Forward(CpuDevice cpu, Tensor z, Tensor gamma, Tensor y)
    {
        var tiles = Tiling.Count(z.Shape.Count, TileElements);
        var job = new ForwardJob
        {
            Z = CpuDevice.Floats(z), Gamma = *CpuDevice.Floats(gamma), Count = z.Shape.Count,
            Sums = (float*)cpu.Pool.SharedScratch((long)tiles * sizeof(float)),
        };
        SimdWidth.Run(cpu.Pool, tiles, job);
        *CpuDevice.Floats(y) = (float)(FixedOrderSum.Of(job.Sums, tiles) / job.Count);
    }

    public static void Backward(CpuDevice cpu, Tensor z, Tensor gamma, Tensor dY, Tensor dZ)
    {
        var job = new BackwardJob
        {
            Z = CpuDevice.Floats(z), DZ = CpuDevice.Floats(dZ), Count = z.Shape.Count, Gamma = *CpuDevice.Floats(gamma),
            Scale = 2f / z.Shape.Count * *CpuDevice.Floats(dY),
        };
        SimdWidth.Run(cpu.Pool, Tiling.Count(job.Count, TileElements), job);
    }

    private struct ForwardJob : ISimdTileJob
    {
        public float* Z, Sums;
        public float Gamma;
        public int Count;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            // nint, not int: the last tile of a tensor near 2³¹ elements ends beyond.
            nint i = (nint)tile * TileElements, end = Math.Min(i + TileElements, Count);
            var lanes = TSimd.Lanes;
            TVector a = TSimd.Zero, b = TSimd.Zero, c = TSimd.Zero, d = TSimd.Zero, gamma = TSimd.Broadcast(Gamma);
            for (; i <= end - 4 * lanes; i += 4 * lanes)
            {
                TVector z0 = TSimd.Load(Z + i), z1 = TSimd.Load(Z + i + lanes);
                TVector z2 = TSimd.Load(Z + i + 2 * lanes), z3 = TSimd.Load(Z + i + 3 * lanes);
                a = TSimd.MultiplyAdd(TSimd.Multiply(gamma, z0), z0, a);
                b = TSimd.MultiplyAdd(TSimd.Multiply(gamma, z1), z1, b);
                c = TSimd.MultiplyAdd(TSimd.Multiply(gamma, z2), z2, c);
                d = TSimd.MultiplyAdd(TSimd.Multiply(gamma, z3), z3, d);
            }
            var sum = TSimd.Sum(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)));
            for (; i < end; i++) sum += Gamma * Z[i] * Z[i];
            Sums[tile] = sum;
        }
    }

    private struct BackwardJob : ISimdTileJob
    {
        public float* Z, DZ;
        public float Gamma, Scale;
        public int Count;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            // nint, not int: the last tile of a tensor near 2³¹ elements ends beyond.
            nint i = (nint)tile * TileElements, end = Math.Min(i + TileElements, Count);
            TVector gamma = TSimd.Broadcast(Gamma), scale = TSimd.Broadcast(Scale);
            for (; i <= end - TSimd.Lanes; i += TSimd.Lanes)
                TSimd.Store(TSimd.Multiply(TSimd.Multiply(gamma, TSimd.Load(Z + i)), scale), DZ + i);
            for (; i < end; i++) DZ[i] = Gamma * Z[i] * Scale;
        }
    }
}

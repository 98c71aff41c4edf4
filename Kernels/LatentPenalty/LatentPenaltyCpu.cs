using System.Numerics;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The latent penalty on the CPU: SIMD over fixed tiles of elements, the tiles' sums added in order.</summary>
internal static unsafe class LatentPenaltyCpu
{
    // A lane adds at most 8192/(4·8) = 256 terms in single precision, the tiles' sums are added in double: relative error below 1e-6.
    private const int TileElements = 8 * 1024;

    public static void Forward(CpuDevice cpu, Tensor z, Tensor gamma, Tensor y)
    {
        var tiles = (z.Shape.Count + TileElements - 1) / TileElements;
        var job = new ForwardJob
        {
            Z = CpuDevice.Floats(z), Gamma = *CpuDevice.Floats(gamma), Count = z.Shape.Count,
            Sums = (float*)cpu.Pool.SharedScratch((long)tiles * sizeof(float)),
        };
        cpu.Pool.Run(tiles, ref job);
        *CpuDevice.Floats(y) = (float)(FixedOrderSum.Of(job.Sums, tiles) / job.Count);
    }

    public static void Backward(CpuDevice cpu, Tensor z, Tensor gamma, Tensor dY, Tensor dZ)
    {
        var job = new BackwardJob
        {
            Z = CpuDevice.Floats(z), DZ = CpuDevice.Floats(dZ), Count = z.Shape.Count, Gamma = *CpuDevice.Floats(gamma), Scale = 2f / z.Shape.Count * *CpuDevice.Floats(dY),
        };
        cpu.Pool.Run((job.Count + TileElements - 1) / TileElements, ref job);
    }

    private struct ForwardJob : ITileJob
    {
        public float* Z, Sums;
        public float Gamma;
        public int Count;

        public readonly void Run(int tile, int worker)
        {
            var end = Math.Min((tile + 1) * TileElements, Count);
            var lanes = Vector<float>.Count;
            Vector<float> a = default, b = default, c = default, d = default, gamma = new(Gamma);
            var i = tile * TileElements;
            for (; i <= end - 4 * lanes; i += 4 * lanes)
            {
                Vector<float> z0 = Vector.Load(Z + i), z1 = Vector.Load(Z + i + lanes), z2 = Vector.Load(Z + i + 2 * lanes), z3 = Vector.Load(Z + i + 3 * lanes);
                a += gamma * z0 * z0;
                b += gamma * z1 * z1;
                c += gamma * z2 * z2;
                d += gamma * z3 * z3;
            }
            var sum = Vector.Sum(a + b + (c + d));
            for (; i < end; i++) sum += Gamma * Z[i] * Z[i];
            Sums[tile] = sum;
        }
    }

    private struct BackwardJob : ITileJob
    {
        public float* Z, DZ;
        public float Gamma, Scale;
        public int Count;

        public readonly void Run(int tile, int worker)
        {
            var end = Math.Min((tile + 1) * TileElements, Count);
            Vector<float> gamma = new(Gamma), scale = new(Scale);
            var i = tile * TileElements;
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count) (gamma * Vector.Load(Z + i) * scale).Store(DZ + i);
            for (; i < end; i++) DZ[i] = Gamma * Z[i] * Scale;
        }
    }
}

using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Swish on the CPU: SIMD over fixed tiles of elements.</summary>
internal static unsafe class SwishCpu
{
    // 32 Ki elements are 128 KiB in and out each: several tiles per core at ResNet sizes, and a tile's claim costs nothing beside its work.
    private const int TileElements = 32 * 1024;

    public static void Forward(CpuDevice cpu, Tensor x, Tensor y)
    {
        var job = new ForwardJob { X = CpuDevice.Floats(x), Y = CpuDevice.Floats(y), Count = x.Shape.Count };
        cpu.Pool.Run((job.Count + TileElements - 1) / TileElements, ref job);
    }

    public static void Backward(CpuDevice cpu, Tensor x, Tensor dY, Tensor dX)
    {
        var job = new BackwardJob { X = CpuDevice.Floats(x), DY = CpuDevice.Floats(dY), DX = CpuDevice.Floats(dX), Count = x.Shape.Count };
        cpu.Pool.Run((job.Count + TileElements - 1) / TileElements, ref job);
    }

    private struct ForwardJob : ITileJob
    {
        public float* X, Y;
        public int Count;

        public readonly void Run(int tile, int worker)
        {
            var end = Math.Min((tile + 1) * TileElements, Count);
            for (var i = tile * TileElements; i < end; i++) Y[i] = X[i] / (1f + MathF.Exp(-X[i]));
        }
    }

    private struct BackwardJob : ITileJob
    {
        public float* X, DY, DX;
        public int Count;

        public readonly void Run(int tile, int worker)
        {
            var end = Math.Min((tile + 1) * TileElements, Count);
            for (var i = tile * TileElements; i < end; i++)
            {
                var s = 1f / (1f + MathF.Exp(-X[i]));
                DX[i] = DY[i] * s * (1f + X[i] * (1f - s));
            }
        }
    }
}

using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The transpose on the CPU, square by square.</summary>
internal static unsafe class TransposeCpu
{
    // A square of 16 × 16 is 16 cache lines on either side: all of them stay in the first-level cache while it is turned.
    private const int Side = 16;

    public static void Run(CpuDevice cpu, Tensor from, Tensor to)
    {
        var job = new Job { From = CpuDevice.Floats(from), To = CpuDevice.Floats(to), M = from.Shape[0], N = from.Shape[1] };
        cpu.Pool.Run(Tiling.Count(job.M, Side), ref job);
    }

    private struct Job : ITileJob
    {
        public float* From, To;
        public int M, N;

        public readonly void Run(int tile, int worker)
        {
            int first = tile * Side, end = Tiling.End(tile, Side, M);
            for (var column = 0; column < N; column += Side)
            {
                var columnEnd = Math.Min(column + Side, N);
                for (var j = column; j < columnEnd; j++)
                    for (var i = first; i < end; i++) To[(long)j * M + i] = From[(long)i * N + j];
            }
        }
    }
}

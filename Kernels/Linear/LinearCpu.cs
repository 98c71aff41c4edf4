using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>The bias gradient of a linear layer on the processor; the products are the matrix product's.</summary>
internal static unsafe class LinearCpu
{
    // A cache line of columns is the smallest piece that two workers can write without sharing a line.
    private const int TileColumns = 16;

    /// <summary>dBias [n] = Σ rows of dY [m, n], always in the same order.</summary>
    public static void GradientBias(CpuDevice cpu, Tensor dY, Tensor dBias)
    {
        var job = new SumJob { DY = CpuDevice.Floats(dY), DBias = CpuDevice.Floats(dBias), Rows = dY.Shape[0], Columns = dY.Shape[1] };
        SimdWidth.Run(cpu.Pool, Tiling.Count(job.Columns, TileColumns), job);
    }

    private struct SumJob : ISimdTileJob
    {
        public float* DY, DBias;
        public int Rows, Columns;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            int j = tile * TileColumns, end = Tiling.End(tile, TileColumns, Columns);
            for (; j <= end - TSimd.Lanes; j += TSimd.Lanes)
                TSimd.Store(FixedOrderSum.OfColumn<TVector, TSimd>(DY + j, Rows, Columns), DBias + j);
            for (; j < end; j++) DBias[j] = FixedOrderSum.OfColumn<float, Simd1>(DY + j, Rows, Columns);
        }
    }
}

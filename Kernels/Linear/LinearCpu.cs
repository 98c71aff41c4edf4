using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The bias gradient of a linear layer on the processor; the products are the matrix product's.</summary>
internal static unsafe class LinearCpu
{
    // A cache line of columns is the smallest piece that two workers can write without sharing a line.
    private const int TileColumns = 16;

    /// <summary>dBias [n] = Σ rows of dY [m, n], always from the first row to the last.</summary>
    public static void GradientBias(CpuDevice cpu, Tensor dY, Tensor dBias)
    {
        var job = new SumJob { DY = CpuDevice.Floats(dY), DBias = CpuDevice.Floats(dBias), Rows = dY.Shape[0], Columns = dY.Shape[1] };
        cpu.Pool.Run((job.Columns + TileColumns - 1) / TileColumns, ref job);
    }

    private struct SumJob : ITileJob
    {
        public float* DY, DBias;
        public int Rows, Columns;

        public readonly void Run(int tile, int worker)
        {
            var end = Math.Min((tile + 1) * TileColumns, Columns);
            for (var j = tile * TileColumns; j < end; j++) DBias[j] = 0;
            for (var i = 0; i < Rows; i++)
                for (var j = tile * TileColumns; j < end; j++) DBias[j] += DY[(long)i * Columns + j];
        }
    }
}

using LpcEngine.Engine;

namespace LpcEngine.Kernels.Simd;

/// <summary>The second pass of every sum that was shared out: adds the parts in their order and drops padding columns.</summary>
internal unsafe struct SumParts : ISimdTileJob
{
    // A tile's work must outweigh claiming it, and its output stay in the first-level cache while all parts are added.
    private const int TileFloats = 4096;

    private float* parts, output;
    private int partCount, rows, columns, used, tileRows;
    private long partFloats;

    /// <summary>output[row, column] = Σ over parts of parts[part, row, column], column &lt; used.</summary>
    /// <param name="pool">The workers.</param>
    /// <param name="parts">The parts, each with rows of <paramref name="columns"/> floats.</param>
    /// <param name="partCount">How many: 16 at most, whatever the shape, so that one chain of additions is short enough.</param>
    /// <param name="partFloats">Floats from one part to the next.</param>
    /// <param name="rows">Rows wanted.</param>
    /// <param name="columns">Floats in a row of a part.</param>
    /// <param name="used">Floats in a row of the output.</param>
    /// <param name="output">Where the sums go.</param>
    public static void Run(WorkerPool pool, float* parts, int partCount, long partFloats, int rows, int columns, int used, float* output)
    {
        var job = new SumParts
        {
            parts = parts, output = output, partCount = partCount, rows = rows, columns = columns, used = used, partFloats = partFloats,
        };
        job.tileRows = Math.Max(1, TileFloats / columns);
        SimdWidth.Run(pool, Tiling.Count(rows, job.tileRows), job);
    }

    /// <inheritdoc/>
    public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        int first = tile * tileRows, end = Tiling.End(tile, tileRows, rows);
        if (used == columns) Sum<TVector, TSimd>(parts + (long)first * columns, output + (long)first * used, (end - first) * columns);
        else
            for (var row = first; row < end; row++) Sum<TVector, TSimd>(parts + (long)row * columns, output + (long)row * used, used);
    }

    private readonly void Sum<TVector, TSimd>(float* from, float* to, int count) where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        var i = 0;
        for (; i <= count - TSimd.Lanes; i += TSimd.Lanes)
        {
            var sum = TSimd.Load(from + i);
            for (var part = 1; part < partCount; part++) sum = TSimd.Add(sum, TSimd.Load(from + part * partFloats + i));
            TSimd.Store(sum, to + i);
        }
        for (; i < count; i++)
        {
            var sum = from[i];
            for (var part = 1; part < partCount; part++) sum += from[part * partFloats + i];
            to[i] = sum;
        }
    }
}

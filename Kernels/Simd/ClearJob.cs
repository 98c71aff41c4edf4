using LpcEngine.Engine;

namespace LpcEngine.Kernels.Simd;

/// <summary>Fills memory with zeros on all cores.</summary>
internal unsafe struct ClearJob : ITileJob
{
    private const int TileFloats = 64 * 1024;

    private float* values;
    private long count;

    /// <summary>Clears.</summary>
    /// <param name="pool">The workers.</param>
    /// <param name="values">First element.</param>
    /// <param name="count">How many.</param>
    public static void Run(WorkerPool pool, float* values, long count)
    {
        var job = new ClearJob { values = values, count = count };
        pool.Run(Tiling.Count(count, TileFloats), ref job);
    }

    /// <inheritdoc/>
    public readonly void Run(int tile, int worker)
    {
        var first = (long)tile * TileFloats;
        new Span<float>(values + first, (int)Math.Min(TileFloats, count - first)).Clear();
    }
}

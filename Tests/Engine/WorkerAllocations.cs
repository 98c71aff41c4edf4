namespace LpcEngine.Tests.Engine;

/// <summary>The managed bytes that each thread of a pool has allocated so far: what other threads of the process do in the meantime doesn't matter.</summary>
internal static class WorkerAllocations
{
    /// <summary>Bytes by worker; the caller is one of them.</summary>
    public static long[] Read(WorkerPool pool)
    {
        var job = new ReadJob { Bytes = new long[pool.Threads], Arrived = new int[1] };
        pool.Run(pool.Threads, ref job);
        return job.Bytes;
    }

    // Each tile waits for all others, so each thread of the pool does exactly one.
    private struct ReadJob : ITileJob
    {
        public long[] Bytes;
        public int[] Arrived;

        public readonly void Run(int tile, int worker)
        {
            Bytes[worker] = GC.GetAllocatedBytesForCurrentThread();
            Interlocked.Increment(ref Arrived[0]);
            while (Volatile.Read(ref Arrived[0]) < Bytes.Length) Thread.Yield();
        }
    }
}

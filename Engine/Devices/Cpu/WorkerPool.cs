using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace LpcEngine.Engine;

/// <summary>A fixed set of threads that share the tiles of one job at a time.</summary>
/// <remarks>
/// The caller works too, as worker 0. Tiles are claimed from a counter, so that a slow core takes fewer; since tiles are cut by shape
/// alone, who runs which never changes a bit of the result. Running a job allocates nothing: the job stays on the caller's stack.
/// Idle workers watch for the next job for some tens of microseconds, because the kernels of one step follow each other closely, then sleep.
/// </remarks>
public sealed unsafe class WorkerPool : IDisposable
{
    private readonly Lock entry = new();
    private readonly Worker[] workers;
    private readonly JobGate gate = new();
    private readonly byte*[] scratch;
    private readonly long[] scratchBytes;
    private volatile bool scratchIsUneven;
    private byte* shared;
    private long sharedBytes;

    private void* job;
    private delegate*<void*, int, int, void> runTile;
    private int tiles;
    private volatile bool stopping;
    private ExceptionDispatchInfo? failure;
    private HotFields hot;

    [ThreadStatic] private static WorkerPool? current;
    [ThreadStatic] private static int currentWorker;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">How many threads work on a job, the caller's included.</param>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        scratch = new byte*[threads];
        scratchBytes = new long[threads];
        workers = new Worker[threads - 1];
        for (var i = 0; i < workers.Length; i++) workers[i] = new Worker(this, i + 1);
    }

    /// <summary>How many threads work on a job, the caller's included.</summary>
    public int Threads { get; }

    /// <summary>Where the time of each kind of job is added up; null (the default) measures nothing and costs nothing.</summary>
    public JobTimes? Times { get; set; }

    /// <summary>Runs all tiles of a job and returns when the last is done; the first exception that a tile throws is thrown again here.</summary>
    /// <param name="tiles">How many tiles the job has.</param>
    /// <param name="job">The job, a local variable (it is passed on by address). A job run from inside another job's tile runs on that thread alone.</param>
    /// <typeparam name="TJob">The job's type.</typeparam>
    /// <exception cref="ObjectDisposedException">The pool has ended.</exception>
    public void Run<TJob>(int tiles, ref TJob job) where TJob : struct, ITileJob
    {
        if (ReferenceEquals(current, this))
        {
            RunInline(tiles, ref job, currentWorker);
            return;
        }
        var start = Times is null ? 0 : Stopwatch.GetTimestamp();
        if (Threads == 1 || tiles <= 1) RunAlone(tiles, ref job);
        else RunShared(tiles, Unsafe.AsPointer(ref job), &Invoke<TJob>);
        Times?.Add(typeof(TJob), Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    /// <summary>Memory of one worker for use within a tile; its content does not survive the tile.</summary>
    /// <param name="worker">The worker that runs the tile.</param>
    /// <param name="bytes">The size needed.</param>
    /// <returns>A pointer on a 64-byte boundary, valid until the same worker asks again.</returns>
    /// <exception cref="UserErrorException">The machine has too little memory.</exception>
    /// <exception cref="ObjectDisposedException">The pool has ended.</exception>
    public byte* Scratch(int worker, long bytes)
    {
        if (scratchBytes[worker] < bytes)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            Grow(ref scratch[worker], ref scratchBytes[worker], bytes);
            scratchIsUneven = true;
        }
        return scratch[worker];
    }

    /// <summary>Memory that all workers see, for what one job leaves to the next. Only for code that calls <see cref="Run"/>, not for tiles.</summary>
    /// <param name="bytes">The size needed.</param>
    /// <returns>A pointer on a 64-byte boundary, valid until the next request.</returns>
    /// <exception cref="UserErrorException">The machine has too little memory.</exception>
    /// <exception cref="ObjectDisposedException">The pool has ended.</exception>
    public byte* SharedScratch(long bytes)
    {
        if (sharedBytes < bytes)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            Grow(ref shared, ref sharedBytes, bytes);
        }
        return shared;
    }

    /// <summary>Stops the threads and frees the scratch memory, once the job that runs at that time is done. A pool that is never disposed keeps its threads until the process ends.</summary>
    /// <exception cref="InvalidOperationException">Called from inside a tile.</exception>
    public void Dispose()
    {
        if (ReferenceEquals(current, this)) throw new InvalidOperationException("A job's tile cannot end the threads that run it.");
        lock (entry)
        {
            if (stopping) return;
            stopping = true;
            Interlocked.MemoryBarrier(); // a worker that goes to sleep now either sees the flag or is seen asleep
            foreach (var worker in workers) worker.Wake();
            foreach (var worker in workers) worker.Join();
            for (var i = 0; i < scratch.Length; i++) Release(ref scratch[i], ref scratchBytes[i]);
            Release(ref shared, ref sharedBytes);
            gate.Dispose();
        }
    }

    // What one worker needed for a job, another may need when the job comes again: all grow now, so that memory is flat after the first steps
    // and not only after every worker has met every kind of tile.
    private void EvenScratch()
    {
        scratchIsUneven = false;
        var largest = scratchBytes.Max();
        for (var i = 0; i < scratch.Length; i++)
            if (scratchBytes[i] < largest) Grow(ref scratch[i], ref scratchBytes[i], largest);
    }

    private static void Grow(ref byte* block, ref long size, long bytes)
    {
        Release(ref block, ref size);
        block = NativeMemory64.Allocate(bytes);
        size = bytes;
    }

    private static void Release(ref byte* block, ref long size)
    {
        NativeMemory64.Free(block, size);
        block = null;
        size = 0;
    }

    private static void Invoke<TJob>(void* job, int tile, int worker) where TJob : struct, ITileJob => Unsafe.AsRef<TJob>(job).Run(tile, worker);

    private static void RunInline<TJob>(int tiles, ref TJob job, int worker) where TJob : struct, ITileJob
    {
        for (var tile = 0; tile < tiles; tile++) job.Run(tile, worker);
    }

    private void RunAlone<TJob>(int tiles, ref TJob job) where TJob : struct, ITileJob
    {
        lock (entry)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            var (outer, outerWorker) = (current, currentWorker);
            (current, currentWorker) = (this, 0);
            try
            {
                RunInline(tiles, ref job, 0);
            }
            finally
            {
                (current, currentWorker) = (outer, outerWorker);
            }
        }
    }

    private void RunShared(int count, void* target, delegate*<void*, int, int, void> function)
    {
        lock (entry)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            if (scratchIsUneven) EvenScratch();
            job = target;
            runTile = function;
            (tiles, failure, hot.Next) = (count, null, 0);
            gate.Open();
            Interlocked.Increment(ref hot.Generation);
            for (var i = 0; i < workers.Length && i < count - 1; i++) workers[i].Wake();
            Work(0);
            gate.CloseAndWait();
            failure?.Throw();
        }
    }

    private void Work(int worker)
    {
        (var outer, var outerWorker) = (current, currentWorker);
        (current, currentWorker) = (this, worker);
        try
        {
            for (var tile = Interlocked.Increment(ref hot.Next) - 1; tile < tiles; tile = Interlocked.Increment(ref hot.Next) - 1)
                runTile(job, tile, worker);
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null);
            Interlocked.Exchange(ref hot.Next, int.MaxValue / 2); // no further tiles
        }
        (current, currentWorker) = (outer, outerWorker);
    }

    // Every field that several threads write lies on cache lines of its own (two lines: processors prefetch pairs).
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private struct HotFields
    {
        [FieldOffset(128)] public int Next;
        [FieldOffset(256)] public int Generation;
    }

    private sealed class Worker
    {
        private readonly WorkerPool pool;
        private readonly int index;
        private readonly Thread thread;
        private readonly AutoResetEvent wake = new(false);
        private int sleeps;

        public Worker(WorkerPool pool, int index)
        {
            (this.pool, this.index) = (pool, index);
            thread = new Thread(Loop) { IsBackground = true, Name = $"cpu worker {index}" };
            thread.Start();
        }

        public void Wake()
        {
            if (Volatile.Read(ref sleeps) == 1 && Interlocked.Exchange(ref sleeps, 0) == 1) wake.Set();
        }

        public void Join()
        {
            thread.Join();
            wake.Dispose();
        }

        private void Loop()
        {
            for (var seen = 0; !pool.stopping;)
            {
                Await(seen);
                seen = Volatile.Read(ref pool.hot.Generation);
                if (!pool.gate.TryEnter()) continue;
                pool.Work(index);
                pool.gate.Leave();
            }
        }

        private bool Idle(int seen) => Volatile.Read(ref pool.hot.Generation) == seen && !pool.stopping;

        private void Await(int seen)
        {
            for (var until = Stopwatch.GetTimestamp() + JobGate.SpinTicks; Stopwatch.GetTimestamp() < until; Thread.SpinWait(8))
                if (!Idle(seen)) return;
            Interlocked.Exchange(ref sleeps, 1);
            if (!Idle(seen) && Interlocked.Exchange(ref sleeps, 0) == 1) return;
            wake.WaitOne();
        }
    }
}

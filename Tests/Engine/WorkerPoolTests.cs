namespace LpcEngine.Tests.Engine;

/// <summary>The protocol between the threads of the cpu device.</summary>
public sealed class WorkerPoolTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Test]
    public void A_wake_up_that_was_meant_for_an_earlier_job_ends_no_wait()
    {
        using var gate = new JobGate();

        // A job whose worker counts itself out and then loses its processor; the owner sees the count and goes on.
        gate.Open();
        Assert.That(gate.TryEnter());
        var first = Start(gate.CloseAndWait);
        SpinWait.SpinUntil(() => !IsOpen(gate));
        Assert.That(gate.CountOut());
        gate.WakeOwner();
        Assert.That(first.Join(Patience));

        // The next job's owner sleeps when the late worker comes round to waking it.
        gate.Open();
        Assert.That(gate.TryEnter());
        var second = Start(gate.CloseAndWait);
        for (var i = 0; i < 20; i++)
        {
            Thread.Sleep(5);
            gate.WakeOwner();
            Assert.That(second.IsAlive, "a worker is still inside");
        }
        gate.Leave();
        Assert.That(second.Join(Patience));
    }

    [Test]
    public void Nobody_enters_a_closed_gate()
    {
        using var gate = new JobGate();
        Assert.That(gate.TryEnter(), Is.False);
        gate.Open();
        gate.CloseAndWait();
        Assert.That(gate.TryEnter(), Is.False);
    }

    [Test]
    public void All_tiles_are_done_when_a_job_returns()
    {
        using var pool = new WorkerPool(4);
        var done = new int[7];
        for (var round = 0; round < 20_000; round++)
        {
            var job = new Mark { Done = done, Round = round };
            pool.Run(done.Length, ref job);
            Assert.That(done, Has.All.EqualTo(round));
        }
    }

    [Test]
    public void A_small_job_of_another_pool_leaves_the_worker_its_number()
    {
        using WorkerPool outer = new(2), inner = new(2);
        using var both = new Barrier(2);
        var job = new Nested { Outer = outer, Inner = inner, Both = both, Seen = new int[2], After = new int[2] };
        outer.Run(2, ref job);
        Assert.That(job.Seen, Is.EquivalentTo(new[] { 0, 1 }));
        Assert.That(job.After, Is.EqualTo(job.Seen));
    }

    [Test]
    public unsafe void A_pool_that_has_ended_says_so()
    {
        var pool = new WorkerPool(2);
        pool.Scratch(0, 1000);
        pool.SharedScratch(1000);
        pool.Dispose();
        pool.Dispose();
        Assert.That(() => { pool.Scratch(0, 100); }, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => { pool.SharedScratch(100); }, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => RunOn(pool, 1), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => RunOn(pool, 5), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void A_tile_cannot_end_its_own_pool()
    {
        using var pool = new WorkerPool(2);
        var job = new End { Pool = pool };
        Assert.That(() => pool.Run(1, ref job), Throws.InvalidOperationException);
        RunOn(pool, 5);
    }

    [Test]
    public unsafe void Scratch_memory_that_no_machine_has_is_the_users_error()
    {
        using var pool = new WorkerPool(1);
        Assert.That(() => { pool.Scratch(0, 1L << 60); }, Throws.TypeOf<TooLittleMemoryException>().With.Message.Contains("too little memory"));
        Assert.That(() => { pool.SharedScratch(long.MaxValue); }, Throws.TypeOf<TooLittleMemoryException>());
        Assert.That(() => HostMemory.NewArray<float>(1L << 40), Throws.TypeOf<TooLittleMemoryException>().With.Message.Contains("too little memory"));
    }

    private static Thread Start(Action action)
    {
        var thread = new Thread(() => action()) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static bool IsOpen(JobGate gate)
    {
        if (!gate.TryEnter()) return false;
        gate.Leave();
        return true;
    }

    private static void RunOn(WorkerPool pool, int tiles)
    {
        var job = new Mark { Done = new int[tiles], Round = 1 };
        pool.Run(tiles, ref job);
    }

    private struct Mark : ITileJob
    {
        public int[] Done;
        public int Round;

        public readonly void Run(int tile, int worker)
        {
            // Uneven tiles, so that now the caller, now a worker ends last and the caller sometimes has to sleep.
            if ((Round + tile) % 512 == 0) Thread.Sleep(1);
            Done[tile] = Round;
        }
    }

    private struct Nested : ITileJob
    {
        public WorkerPool Outer, Inner;
        public Barrier Both;
        public int[] Seen, After;

        public readonly void Run(int tile, int worker)
        {
            Both.SignalAndWait(Patience); // each thread takes one tile
            Seen[tile] = worker;
            var small = new Mark { Done = new int[1] };
            Inner.Run(1, ref small);
            var again = new Number();
            Outer.Run(1, ref again);
            After[tile] = again.Worker;
        }
    }

    private struct Number : ITileJob
    {
        public int Worker;

        public void Run(int tile, int worker) => Worker = worker;
    }

    private struct End : ITileJob
    {
        public WorkerPool Pool;

        public readonly void Run(int tile, int worker) => Pool.Dispose();
    }
}

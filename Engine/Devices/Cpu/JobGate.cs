using System.Diagnostics;
using System.Runtime.InteropServices;

namespace LpcEngine.Engine;

/// <summary>Lets workers into a job while it runs, and keeps its owner waiting until the last of them has left.</summary>
/// <remarks>
/// The owner opens the gate, closes it when no work is left to claim, and waits. A worker that comes after the closing stays out, so it never
/// touches a job that has left the owner's stack. Leaving takes two steps (count out, wake the owner), between which a worker may lose its
/// processor for long; its wake-up then reaches the owner in a later job. Therefore the owner trusts the count alone and goes back to sleep.
/// </remarks>
internal sealed class JobGate : IDisposable
{
    /// <summary>How long a thread watches before it sleeps: between kernels of a step lie a few microseconds; waking a sleeping thread costs about fifty.</summary>
    public static readonly long SpinTicks = Stopwatch.Frequency * 60 / 1_000_000;

    private const int Closed = int.MinValue / 2;

    private readonly AutoResetEvent finished = new(false);
    private HotFields hot;

    public JobGate() => hot.Count = Closed;

    /// <summary>Lets workers in.</summary>
    public void Open() => Volatile.Write(ref hot.Count, 0);

    /// <summary>A worker asks to take part; when it may, it calls <see cref="Leave"/> afterwards.</summary>
    /// <returns>False when the gate is closed.</returns>
    public bool TryEnter()
    {
        for (var count = Volatile.Read(ref hot.Count); count >= 0;)
        {
            var seen = Interlocked.CompareExchange(ref hot.Count, count + 1, count);
            if (seen == count) return true;
            count = seen;
        }
        return false;
    }

    /// <summary>A worker is done with the job and will not touch it again.</summary>
    public void Leave()
    {
        if (CountOut()) WakeOwner();
    }

    /// <summary>The first half of <see cref="Leave"/>.</summary>
    /// <returns>Whether this was the last worker of a closed gate, who has to wake the owner.</returns>
    internal bool CountOut() => Interlocked.Decrement(ref hot.Count) == Closed;

    /// <summary>The second half of <see cref="Leave"/>. From the first half on the owner may be anywhere, even waiting for another job.</summary>
    internal void WakeOwner()
    {
        if (Interlocked.Exchange(ref hot.OwnerSleeps, 0) == 1) finished.Set();
    }

    /// <summary>Lets nobody in any more and waits until all who are in have left.</summary>
    public void CloseAndWait()
    {
        if (Interlocked.Add(ref hot.Count, Closed) == Closed) return;
        for (var until = Stopwatch.GetTimestamp() + SpinTicks; Stopwatch.GetTimestamp() < until; Thread.SpinWait(8))
            if (IsEmpty) return;
        for (;;)
        {
            // No wake-up gets lost: a worker who counts out after the reading of the count finds the flag set. Whoever takes the flag, late
            // from an earlier job too, sets the event afterwards, and then the flag is set and the count read again here.
            Interlocked.Exchange(ref hot.OwnerSleeps, 1);
            if (IsEmpty) break;
            finished.WaitOne();
        }
        Volatile.Write(ref hot.OwnerSleeps, 0);
    }

    public void Dispose() => finished.Dispose();

    private bool IsEmpty => Volatile.Read(ref hot.Count) == Closed;

    // Every field that several threads write lies on cache lines of its own (two lines: processors prefetch pairs).
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private struct HotFields
    {
        [FieldOffset(128)] public int Count;
        [FieldOffset(256)] public int OwnerSleeps;
    }
}

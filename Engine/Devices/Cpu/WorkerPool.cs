using System.Runtime.InteropServices;
namespace LpcEngine.Engine;

/// <summary>Work that falls into independent tiles.</summary>
public interface ITileJob
{
    /// <summary>Does one tile.</summary>
    /// <param name="tile">Which one.</param>
    /// <param name="worker">Who does it, for scratch memory.</param>
    void Run(int tile, int worker);
}

/// <summary>Temporary.</summary>
public sealed unsafe class WorkerPool(int threads) : IDisposable
{
    /// <summary>Threads.</summary>
    public int Threads => threads;
    private readonly nint[] scratch = new nint[threads];
    /// <summary>Runs.</summary>
    public void Run<TJob>(int tiles, ref TJob job) where TJob : struct, ITileJob { for (var i = 0; i < tiles; i++) job.Run(i, 0); }
    /// <summary>Scratch.</summary>
    public byte* Scratch(int worker, long bytes) { scratch[worker] = (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64); return (byte*)scratch[worker]; }
    /// <summary>Dispose.</summary>
    public void Dispose() { }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace LpcEngine.Kernels.Simd;

/// <summary>Asks for memory ahead of its use; nothing where the processor offers no such instruction. Never changes a result.</summary>
internal static unsafe class MemoryHint
{
    /// <summary>Floats in a cache line.</summary>
    public const int LineFloats = 16;

    /// <summary>Asks for one cache line.</summary>
    /// <param name="address">An address in it; it need not be readable.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fetch(float* address)
    {
        if (Sse.IsSupported) Sse.Prefetch0(address);
    }

    /// <summary>Asks for a piece of each of several rows.</summary>
    /// <param name="rows">Addresses of the rows.</param>
    /// <param name="count">How many rows.</param>
    /// <param name="offset">Where the pieces begin.</param>
    /// <param name="floats">Their length.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FetchRows(float** rows, int count, nint offset, int floats)
    {
        for (var i = 0; i < count; i++)
            for (var j = 0; j < floats; j += LineFloats) Fetch(rows[i] + offset + j);
    }
}

/// <summary>Asks for a stretch of memory in equal shares, between pieces of work that need none.</summary>
internal unsafe struct StretchPrefetcher
{
    private readonly float* end;
    private readonly int share;
    private float* next;

    /// <summary>Begins at a stretch.</summary>
    /// <param name="start">First float.</param>
    /// <param name="floats">How many.</param>
    /// <param name="calls">How often <see cref="Next"/> will be called.</param>
    public StretchPrefetcher(float* start, long floats, int calls)
    {
        next = start;
        end = start + floats;
        share = (int)(floats / MemoryHint.LineFloats / calls + 1) * MemoryHint.LineFloats;
    }

    /// <summary>Asks for the next share; nothing after the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next()
    {
        for (var to = next + share; next < to && next < end; next += MemoryHint.LineFloats) MemoryHint.Fetch(next);
    }
}

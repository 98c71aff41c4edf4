namespace LpcEngine.Kernels;

/// <summary>Whether a product's channels and columns are multiples of four, so that all of its accesses are of 16 bytes; as a type, so that there is a kernel for each.</summary>
/// <remarks>
/// A kernel for both would have two branches at each access, and the compiler joins what comes out of them by moving one result to where the other is: right behind the access, so that the thread
/// would wait for memory there and not after it has multiplied.
/// </remarks>
internal interface IAlignment
{
    bool IsAligned { get; }
}

/// <summary>Channels and columns are multiples of four.</summary>
internal readonly struct Aligned : IAlignment
{
    public bool IsAligned => true;
}

/// <summary>Anything.</summary>
internal readonly struct Unaligned : IAlignment
{
    public bool IsAligned => false;
}

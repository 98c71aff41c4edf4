using System.Runtime.InteropServices;

namespace LpcEngine.Engine;

/// <summary>Zero-filled native memory whose blocks start on 64-byte boundaries; large blocks ask for huge pages.</summary>
/// <remarks>
/// Large blocks are mapped at 2 MiB boundaries and advised as huge pages: on a virtual machine the first touch of small pages can run
/// at a fraction of a gigabyte per second, and 4 KiB pages cost address translations in every pass afterwards.
/// </remarks>
public static unsafe partial class NativeMemory64
{
    private const long HugePage = 2L << 20;
    private const int ReadWrite = 3, PrivateAnonymous = 0x22, AdviseHugePage = 14;
    private static long liveBytes;

    /// <summary>Bytes allocated and not yet freed, over the whole process.</summary>
    public static long LiveBytes => Interlocked.Read(ref liveBytes);

    /// <summary>Allocates a zero-filled block.</summary>
    /// <param name="bytes">Its size; 0 is allowed and gives a pointer that may not be read.</param>
    /// <returns>A pointer on a 64-byte boundary.</returns>
    /// <exception cref="OutOfMemoryException">The system has no such block.</exception>
    public static byte* Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        var block = Mapped(bytes) ? Map(RoundUp(bytes)) : AllocateSmall(bytes);
        Interlocked.Add(ref liveBytes, bytes);
        return block;
    }

    /// <summary>Frees a block.</summary>
    /// <param name="block">What <see cref="Allocate"/> returned; null is ignored.</param>
    /// <param name="bytes">The size it was allocated with.</param>
    public static void Free(byte* block, long bytes)
    {
        if (block == null) return;
        if (Mapped(bytes)) _ = Unmap(block, (nuint)RoundUp(bytes));
        else NativeMemory.AlignedFree(block);
        Interlocked.Add(ref liveBytes, -bytes);
    }

    private static bool Mapped(long bytes) => bytes >= HugePage && OperatingSystem.IsLinux();

    private static long RoundUp(long bytes) => checked(bytes + HugePage - 1) & -HugePage;

    private static byte* AllocateSmall(long bytes)
    {
        var block = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 64), 64);
        NativeMemory.Clear(block, (nuint)bytes);
        return block;
    }

    // One huge page more than needed, then the unaligned ends are given back: what stays is exactly the rounded size, so that freeing
    // needs no record of the original mapping.
    private static byte* Map(long bytes)
    {
        var raw = MapPages(null, (nuint)(bytes + HugePage), ReadWrite, PrivateAnonymous, -1, 0);
        if ((nint)raw == -1) throw new OutOfMemoryException($"The system refused a block of {bytes >> 20} MiB.");
        var block = (byte*)(((long)raw + HugePage - 1) & -HugePage);
        var before = block - raw;
        if (before > 0) _ = Unmap(raw, (nuint)before);
        _ = Unmap(block + bytes, (nuint)(HugePage - before));
        _ = Advise(block, (nuint)bytes, AdviseHugePage); // a wish: an old kernel may refuse, and nothing but speed is lost
        return block;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial byte* MapPages(byte* address, nuint bytes, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(byte* address, nuint bytes);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int Advise(byte* address, nuint bytes, int advice);
}

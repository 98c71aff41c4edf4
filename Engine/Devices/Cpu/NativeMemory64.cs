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
    /// <exception cref="UserErrorException">The machine has too little memory.</exception>
    public static byte* Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        var block = Mapped(bytes) ? Map(bytes) : AllocateSmall(bytes);
        Interlocked.Add(ref liveBytes, bytes);
        return block;
    }

    /// <summary>Frees a block.</summary>
    /// <param name="block">What <see cref="Allocate"/> returned; null is ignored.</param>
    /// <param name="bytes">The size it was allocated with.</param>
    public static void Free(byte* block, long bytes)
    {
        if (block == null) return;
        if (Mapped(bytes)) _ = Unmap(block, (nuint)Tiling.RoundUp(bytes, HugePage));
        else NativeMemory.AlignedFree(block);
        Interlocked.Add(ref liveBytes, -bytes);
    }

    private static bool Mapped(long bytes) => bytes >= HugePage && OperatingSystem.IsLinux();

    private static byte* AllocateSmall(long bytes)
    {
        try
        {
            var block = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 64), 64);
            NativeMemory.Clear(block, (nuint)bytes);
            return block;
        }
        catch (OutOfMemoryException problem)
        {
            throw HostMemory.TooLittle(bytes, problem);
        }
    }

    // One huge page more than needed, then the unaligned ends are given back: what stays is exactly the rounded size, so that freeing
    // needs no record of the original mapping.
    private static byte* Map(long wanted)
    {
        // No machine has half the address space; below it the sums here cannot wrap.
        if (wanted > long.MaxValue / 2) throw HostMemory.TooLittle(wanted);
        var bytes = Tiling.RoundUp(wanted, HugePage);
        var raw = MapPages(null, (nuint)(bytes + HugePage), ReadWrite, PrivateAnonymous, -1, 0);
        if ((nint)raw == -1) throw HostMemory.TooLittle(wanted);
        var block = (byte*)Tiling.RoundUp((long)raw, HugePage);
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

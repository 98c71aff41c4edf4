using System.Numerics;
using System.Runtime.Intrinsics;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Bandwidth of the processor's memory on all threads: copy, streaming copy, read.</summary>
/// <remarks>Memory of its own rather than the device's: a device keeps its peak of use as a figure, which a measurement must not raise.</remarks>
internal sealed unsafe class CpuTraffic : IDisposable
{
    // Eight times the 32 MiB of a large third-level cache each, in tiles that are long for the prefetchers and many for the threads.
    private const long ArrayBytes = 256L << 20;
    private const int TileFloats = 1 << 18;
    private const int Tiles = (int)(ArrayBytes / sizeof(float) / TileFloats);

    private readonly CpuDevice cpu;
    private readonly CpuMemory from, to;

    public CpuTraffic(CpuDevice cpu)
    {
        this.cpu = cpu;
        (from, to) = (new CpuMemory(ArrayBytes), new CpuMemory(ArrayBytes));
        // Pages that were never written all map to one page of zeros, which would stay in the cache.
        new Span<byte>(from.Pointer, (int)ArrayBytes).Fill(1);
    }

    /// <summary>10⁹ bytes per second, read and written ones together.</summary>
    public double Copy() => 2 * ArrayBytes / Ceilings.Fastest(() =>
    {
        var job = new CopyJob { From = (float*)from.Pointer, To = (float*)to.Pointer };
        cpu.Pool.Run(Tiles, ref job);
    }) / 1e9;

    /// <summary>10⁹ bytes per second, read and written ones together.</summary>
    public double StreamingCopy() => 2 * ArrayBytes / Ceilings.Fastest(() =>
    {
        var job = new StreamingCopyJob { From = (float*)from.Pointer, To = (float*)to.Pointer };
        cpu.Pool.Run(Tiles, ref job);
    }) / 1e9;

    /// <summary>10⁹ bytes per second.</summary>
    public double Read() => ArrayBytes / Ceilings.Fastest(() =>
    {
        var job = new ReadJob { From = (float*)from.Pointer };
        cpu.Pool.Run(Tiles, ref job);
    }) / 1e9;

    public void Dispose()
    {
        from.Dispose();
        to.Dispose();
    }

    private struct CopyJob : ITileJob
    {
        public float* From, To;

        public readonly void Run(int tile, int worker)
        {
            float* from = From + (long)tile * TileFloats, to = To + (long)tile * TileFloats;
            if (Vector512.IsHardwareAccelerated)
                for (var i = 0; i < TileFloats; i += 16) Vector512.LoadAligned(from + i).StoreAligned(to + i);
            else
                for (var i = 0; i < TileFloats; i += Vector<float>.Count) Vector.LoadAligned(from + i).StoreAligned(to + i);
        }
    }

    // Stores that don't first read the line they overwrite: a third less traffic than the ordinary copy.
    private struct StreamingCopyJob : ITileJob
    {
        public float* From, To;

        public readonly void Run(int tile, int worker)
        {
            float* from = From + (long)tile * TileFloats, to = To + (long)tile * TileFloats;
            if (Vector512.IsHardwareAccelerated)
                for (var i = 0; i < TileFloats; i += 16) Vector512.LoadAligned(from + i).StoreAlignedNonTemporal(to + i);
            else
                for (var i = 0; i < TileFloats; i += Vector<float>.Count) Vector.LoadAligned(from + i).StoreAlignedNonTemporal(to + i);
        }
    }

    private struct ReadJob : ITileJob
    {
        public float* From;
        public float Result;

        public void Run(int tile, int worker)
        {
            var from = From + (long)tile * TileFloats;
            Result = Vector512.IsHardwareAccelerated ? Sum512(from) : Sum(from);
        }

        // Four chains: one alone would wait for its additions rather than for memory.
        private static float Sum512(float* from)
        {
            Vector512<float> a = default, b = default, c = default, d = default;
            for (var i = 0; i < TileFloats; i += 64)
            {
                a += Vector512.LoadAligned(from + i);
                b += Vector512.LoadAligned(from + i + 16);
                c += Vector512.LoadAligned(from + i + 32);
                d += Vector512.LoadAligned(from + i + 48);
            }
            return Vector512.Sum(a + b + c + d);
        }

        private static float Sum(float* from)
        {
            Vector<float> a = default, b = default, c = default, d = default;
            for (var i = 0; i < TileFloats; i += 4 * Vector<float>.Count)
            {
                a += Vector.LoadAligned(from + i);
                b += Vector.LoadAligned(from + i + Vector<float>.Count);
                c += Vector.LoadAligned(from + i + 2 * Vector<float>.Count);
                d += Vector.LoadAligned(from + i + 3 * Vector<float>.Count);
            }
            return Vector.Sum(a + b + c + d);
        }
    }
}

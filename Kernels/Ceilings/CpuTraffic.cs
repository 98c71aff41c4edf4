using LpcEngine.Engine;
using LpcEngine.Kernels.Simd;

namespace LpcEngine.Kernels;

/// <summary>Bandwidth of the processor's memory on all threads: copy, streaming copy, read.</summary>
/// <remarks>
/// Memory of its own rather than the device's: a device keeps its peak of use as a figure, which a measurement must not raise.
/// </remarks>
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
        SimdWidth.Run(cpu.Pool, Tiles, job);
    }) / 1e9;

    /// <summary>10⁹ bytes per second, read and written ones together.</summary>
    public double StreamingCopy() => 2 * ArrayBytes / Ceilings.Fastest(() =>
    {
        var job = new StreamingCopyJob { From = (float*)from.Pointer, To = (float*)to.Pointer };
        SimdWidth.Run(cpu.Pool, Tiles, job);
    }) / 1e9;

    /// <summary>10⁹ bytes per second.</summary>
    public double Read() => ArrayBytes / Ceilings.Fastest(() =>
    {
        var job = new ReadJob { From = (float*)from.Pointer, Results = (float*)to.Pointer };
        SimdWidth.Run(cpu.Pool, Tiles, job);
    }) / 1e9;

    public void Dispose()
    {
        from.Dispose();
        to.Dispose();
    }

    private struct CopyJob : ISimdTileJob
    {
        public float* From, To;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            float* from = From + (long)tile * TileFloats, to = To + (long)tile * TileFloats;
            for (var i = 0; i < TileFloats; i += TSimd.Lanes) TSimd.Store(TSimd.Load(from + i), to + i);
        }
    }

    // Stores that don't first read the line they overwrite: a third less traffic than the ordinary copy.
    private struct StreamingCopyJob : ISimdTileJob
    {
        public float* From, To;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            float* from = From + (long)tile * TileFloats, to = To + (long)tile * TileFloats;
            for (var i = 0; i < TileFloats; i += TSimd.Lanes) TSimd.Stream(TSimd.Load(from + i), to + i);
        }
    }

    private struct ReadJob : ISimdTileJob
    {
        public float* From, Results;

        public readonly void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            var from = From + (long)tile * TileFloats;
            // Four chains: one alone would wait for its additions rather than for memory.
            TVector a = TSimd.Zero, b = TSimd.Zero, c = TSimd.Zero, d = TSimd.Zero;
            for (var i = 0; i < TileFloats; i += 4 * TSimd.Lanes)
            {
                a = TSimd.Add(a, TSimd.Load(from + i));
                b = TSimd.Add(b, TSimd.Load(from + i + TSimd.Lanes));
                c = TSimd.Add(c, TSimd.Load(from + i + 2 * TSimd.Lanes));
                d = TSimd.Add(d, TSimd.Load(from + i + 3 * TSimd.Lanes));
            }
            // Stored, so that the loop can't be left out.
            Results[tile] = TSimd.Sum(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)));
        }
    }
}

using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using LpcEngine.Engine;

namespace LpcEngine.Kernels.Simd;

/// <summary>Work that is written once for every vector width; see <see cref="SimdWidth.Dispatch"/>.</summary>
internal interface ISimdAction
{
    /// <summary>Does it with one width of vectors.</summary>
    void Run<TVector, TSimd>() where TVector : struct where TSimd : struct, ISimd<TVector>;
}

/// <summary>A job (<see cref="ITileJob"/>) whose tiles are written once for every vector width; see <see cref="SimdWidth.Run"/>.</summary>
internal interface ISimdTileJob
{
    /// <summary>Does one tile with one width of vectors; what is left at the end of a row goes through <see cref="Simd1"/>.</summary>
    void Run<TVector, TSimd>(int tile, int worker) where TVector : struct where TSimd : struct, ISimd<TVector>;
}

/// <summary>Which vector width this machine's kernels use, and the way from that number to the code made for it.</summary>
internal static class SimdWidth
{
    /// <summary>Floats in the widest vector; see <see cref="VectorWidth"/>.</summary>
    public static int Lanes => VectorWidth.Lanes;

    /// <summary>Whether vectors have 32 registers (AVX-512's encoding, Arm) rather than 16: how many sums a kernel may keep.</summary>
    public static readonly bool ManyRegisters = !X86Base.IsSupported || Avx512F.IsSupported;

    /// <summary>
    /// Runs the code of a width. Allocates nothing: the action is a structure, and each pair of action and width has code of its own.
    /// </summary>
    /// <param name="lanes">16, 8, or anything else for 4.</param>
    /// <param name="action">What to run.</param>
    public static void Dispatch<TAction>(int lanes, ref TAction action) where TAction : struct, ISimdAction
    {
        switch (lanes)
        {
            case 16: action.Run<Vector512<float>, Simd512>(); break;
            case 8: action.Run<Vector256<float>, Simd256>(); break;
            default: action.Run<Vector128<float>, Simd128>(); break;
        }
    }

    /// <summary>Runs all tiles of a job at the width in use (<see cref="Lanes"/>).</summary>
    /// <param name="pool">The workers.</param>
    /// <param name="tiles">How many tiles the job has.</param>
    /// <param name="job">The job.</param>
    public static void Run<TJob>(WorkerPool pool, int tiles, in TJob job) where TJob : struct, ISimdTileJob
    {
        var action = new TilesAction<TJob> { Pool = pool, Tiles = tiles, Job = job };
        Dispatch(Lanes, ref action);
    }

    /// <summary>
    /// The narrowest width that holds a number of output channels, at most <see cref="Lanes"/>: wider would compute unused lanes.
    /// </summary>
    /// <param name="channels">Output channels.</param>
    /// <returns>16, 8 or 4.</returns>
    public static int For(int channels) => Math.Min(Lanes, channels <= 4 ? 4 : channels <= 8 ? 8 : 16);

    /// <summary>The widest vector of which a channel count is a multiple.</summary>
    /// <param name="channels">Channels.</param>
    /// <returns>16, 8, 4, or 0 if it is not a multiple of 4.</returns>
    public static int Dividing(int channels)
    {
        for (var lanes = Lanes; lanes >= 4; lanes /= 2)
            if (channels % lanes == 0) return lanes;
        return 0;
    }

    /// <summary>Uses narrower vectors until the returned scope ends, so that one test run covers the code of every width.</summary>
    /// <param name="lanes">16, 8 or 4; more than the machine has means what it has.</param>
    /// <returns>A scope for <c>using</c>.</returns>
    internal static NarrowScope Narrow(int lanes)
    {
        var before = Lanes;
        VectorWidth.Lanes = lanes;
        return new NarrowScope(before);
    }

    private struct TilesAction<TJob> : ISimdAction where TJob : struct, ISimdTileJob
    {
        public WorkerPool Pool;
        public int Tiles;
        public TJob Job;

        public readonly void Run<TVector, TSimd>() where TVector : struct where TSimd : struct, ISimd<TVector>
        {
            var tiles = new TileJob<TJob, TVector, TSimd> { Job = Job };
            Pool.Run(Tiles, ref tiles);
        }
    }

    private struct TileJob<TJob, TVector, TSimd> : ITileJob
        where TJob : struct, ISimdTileJob where TVector : struct where TSimd : struct, ISimd<TVector>
    {
        public TJob Job;

        public readonly void Run(int tile, int worker) => Job.Run<TVector, TSimd>(tile, worker);
    }

    /// <summary>Returns to the width before when disposed.</summary>
    internal readonly struct NarrowScope(int before) : IDisposable
    {
        /// <summary>Ends the scope.</summary>
        public void Dispose() => VectorWidth.Lanes = before;
    }
}

using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LpcEngine.Kernels.Simd;

/// <summary>Which vector width this machine's kernels use.</summary>
internal static class SimdWidth
{
    /// <summary>Floats in the widest vector: 16, 8 or 4. The environment variable LPC_SIMD = 512, 256 or 128 narrows it, for tests.</summary>
    public static int Lanes { get; private set; } = Math.Min(Supported(), Requested());

    /// <summary>Whether vectors have 32 registers (AVX-512's encoding, Arm) rather than 16: how many sums a kernel may keep.</summary>
    public static readonly bool ManyRegisters = !X86Base.IsSupported || Avx512F.IsSupported;

    /// <summary>The narrowest width that holds a number of output channels, at most <see cref="Lanes"/>: wider would compute unused lanes.</summary>
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
        Lanes = Math.Min(lanes, Supported());
        return new NarrowScope(before);
    }

    private static int Supported() => Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4;

    private static int Requested() => Environment.GetEnvironmentVariable("LPC_SIMD") switch
    {
        "256" => 8,
        "128" => 4,
        _ => 16,
    };

    /// <summary>Returns to the width before when disposed.</summary>
    internal readonly struct NarrowScope(int before) : IDisposable
    {
        /// <summary>Ends the scope.</summary>
        public void Dispose() => Lanes = before;
    }
}

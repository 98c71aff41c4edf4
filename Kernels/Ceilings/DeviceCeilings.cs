using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>What a device can do at most, as measured on it: the yardstick for every kernel.</summary>
/// <param name="Gflops">Peak rate of fp32 multiply-adds on all threads, in 10⁹ operations per second; a multiply-add counts 2.</param>
/// <param name="CopyBandwidth">Copy with ordinary stores, in 10⁹ bytes per second, read and written bytes together.</param>
/// <param name="StreamingCopyBandwidth">Copy with stores that bypass the caches, counted likewise; null on devices that have no such
/// stores.</param>
/// <param name="ReadBandwidth">Sum over an array, in 10⁹ bytes per second.</param>
public sealed record DeviceCeilings(double Gflops, double CopyBandwidth, double? StreamingCopyBandwidth, double ReadBandwidth)
{
    /// <summary>Peak rate of the tensor cores' products of tf32 (<c>mma.sync</c>), counted likewise; null on devices without.</summary>
    public double? Tf32Gflops { get; init; }

    /// <summary>Peak rate of the tensor cores' products of bf16, by the instructions that the kernels use there (on Hopper <c>wgmma</c>).</summary>
    public double? Bf16Gflops { get; init; }

    /// <summary>The peak rate of arithmetic at a precision: the tensor cores' where there are some, else that of fp32.</summary>
    /// <param name="precision">The precision.</param>
    public double GflopsAt(Precision precision) => precision switch
    {
        Precision.Tf32 => Tf32Gflops ?? Gflops,
        Precision.Bf16 => Bf16Gflops ?? Gflops,
        _ => Gflops,
    };

    /// <summary>
    /// The bandwidth that memory-bound kernels are compared with: the faster of the two copies, since most of them read and write.
    /// </summary>
    public double Bandwidth => Math.Max(CopyBandwidth, StreamingCopyBandwidth ?? 0);
}

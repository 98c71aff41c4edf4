namespace LpcEngine.Kernels;

/// <summary>What a device can do at most, as measured on it: the yardstick for every kernel.</summary>
/// <param name="Gflops">Peak rate of fp32 multiply-adds on all threads, in 10⁹ operations per second; a multiply-add counts 2.</param>
/// <param name="CopyBandwidth">Copy with ordinary stores, in 10⁹ bytes per second, read and written bytes together.</param>
/// <param name="StreamingCopyBandwidth">Copy with stores that bypass the caches, counted likewise; null on devices that have no such
/// stores.</param>
/// <param name="ReadBandwidth">Sum over an array, in 10⁹ bytes per second.</param>
public sealed record DeviceCeilings(double Gflops, double CopyBandwidth, double? StreamingCopyBandwidth, double ReadBandwidth)
{
    /// <summary>
    /// The bandwidth that memory-bound kernels are compared with: the faster of the two copies, since most of them read and write.
    /// </summary>
    public double Bandwidth => Math.Max(CopyBandwidth, StreamingCopyBandwidth ?? 0);
}

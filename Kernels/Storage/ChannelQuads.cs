using ILGPU;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The shares of a GPU's threads in an operation over pixels: each has four neighbouring channels of one pixel.</summary>
/// <remarks>
/// Where C is a multiple of four, each four is one access (see <see cref="IStorage{TSelf}"/>). Where it isn't, a pixel may start in the midst of one, and its elements are moved one by one, by
/// code of its own: all threads of a launch run the same.
/// </remarks>
/// <param name="channels">C.</param>
internal readonly struct ChannelQuads(int channels)
{
    private readonly int channels = channels;

    /// <summary>Whether every share is one access.</summary>
    public bool AreWhole => channels % 4 == 0;

    /// <summary>On the host: the launch for a number of pixels.</summary>
    public KernelConfig Config(int pixels) => Elements.Config(pixels * PerPixel);

    /// <summary>Inside a kernel: the calling thread's pixel, in the last group perhaps beyond the end.</summary>
    public int Pixel => Elements.Index / PerPixel;

    /// <summary>Inside a kernel: the first of the calling thread's channels.</summary>
    public int First => Elements.Index % PerPixel * 4;

    /// <summary>Inside a kernel: one more than the last of them.</summary>
    public int End => IntrinsicMath.Min(First + 4, channels);

    private int PerPixel => (channels + 3) / 4;
}

using ILGPU;

namespace LpcEngine.Kernels;

/// <summary>How images are cut into patches of 4×4 pixels for F(4×4, 3×3): of outputs, or of inputs, whose patches of 6×6 begin <see cref="Padding"/> pixels further up and left.</summary>
/// <param name="images">N.</param>
/// <param name="outputH">Height of the outputs.</param>
/// <param name="outputW">Width of the outputs.</param>
/// <param name="height">Of the images at hand: outputs or inputs.</param>
/// <param name="width">Of the images at hand.</param>
/// <param name="padding">Of the inputs; 0 for outputs.</param>
/// <param name="channels">Of the images at hand.</param>
internal readonly struct WinogradPlan(int images, int outputH, int outputW, int height, int width, int padding, int channels)
{
    /// <summary>Outputs along a patch's side, and positions of its transform.</summary>
    public const int Side = 4, Positions = 36;

    public readonly int Height = height, Width = width, Padding = padding, Channels = channels;

    public readonly int PatchesH = (outputH + Side - 1) / Side, PatchesW = (outputW + Side - 1) / Side;

    /// <summary>Patches of all images.</summary>
    public readonly int Patches = images * ((outputH + Side - 1) / Side) * ((outputW + Side - 1) / Side);

    /// <summary>A patch's first pixel, in one channel.</summary>
    public PatchCorner Corner(int patch, int channel)
    {
        var line = patch / PatchesW;
        var image = line / PatchesH;
        int h = (line - image * PatchesH) * Side - Padding, w = (patch - line * PatchesW) * Side - Padding;
        return new(((image * Height + h) * Width + w) * Channels + channel, h, w);
    }
}

/// <summary>A patch's first pixel in one channel; it may lie outside the image.</summary>
internal readonly struct PatchCorner(int index, int h, int w)
{
    private readonly int index = index, h = h, w = w;

    /// <summary>A pixel's value, zero outside the image.</summary>
    public float Load(ArrayView<float> images, WinogradPlan plan, int down, int across)
    {
        var value = 0f;
        if (IsInside(plan, down, across)) value = images[Index(plan, down, across)];
        return value;
    }

    /// <summary>Writes a pixel, if it is inside.</summary>
    public void Store(ArrayView<float> images, WinogradPlan plan, int down, int across, float value)
    {
        if (IsInside(plan, down, across)) images[Index(plan, down, across)] = value;
    }

    private int Index(WinogradPlan plan, int down, int across) => index + (down * plan.Width + across) * plan.Channels;

    // As unsigned numbers, negative ones are beyond the end, too.
    private bool IsInside(WinogradPlan plan, int down, int across) => (uint)(h + down) < (uint)plan.Height & (uint)(w + across) < (uint)plan.Width;
}

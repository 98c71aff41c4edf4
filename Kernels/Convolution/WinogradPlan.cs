using ILGPU;
using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>How images are cut into patches of 4×4 pixels for F(4×4, 3×3): outputs, or inputs, whose patches of 6×6 begin some pixels of padding further up and left; and which of the patches are at hand.</summary>
internal struct WinogradPlan
{
    /// <summary>Outputs along a patch's side, and positions of its transform.</summary>
    public const int Side = 4, Positions = 36;

    /// <summary>Of the images at hand, outputs or inputs.</summary>
    public int Height, Width, Channels;

    /// <summary>Around inputs; 0 for outputs.</summary>
    public int Padding;

    /// <summary>Patches of an image.</summary>
    public int PatchesH, PatchesW;

    /// <summary>Patches of all images; the first at hand, and how many are.</summary>
    public int AllPatches, First, Patches;

    /// <summary>1 if outputs are added to what lies where they go.</summary>
    public int Adds;

    /// <summary>All patches of a convolution's inputs.</summary>
    public static WinogradPlan Inputs(in ConvGeometry g) => Of(g) with { Height = g.H, Width = g.W, Channels = g.C, Padding = g.Padding };

    /// <summary>All patches of its outputs.</summary>
    public static WinogradPlan Outputs(in ConvGeometry g) => Of(g) with { Height = g.P, Width = g.Q, Channels = g.K };

    /// <summary>The patches of some of the images.</summary>
    public readonly WinogradPlan Of(int firstImage, int images) => this with { First = firstImage * PatchesH * PatchesW, Patches = images * PatchesH * PatchesW };

    /// <summary>The first pixel of one of the patches at hand, in one channel.</summary>
    public readonly PatchCorner Corner(int patch, int channel)
    {
        var line = (First + patch) / PatchesW;
        var image = line / PatchesH;
        int h = (line - image * PatchesH) * Side - Padding, w = (First + patch - line * PatchesW) * Side - Padding;
        return new(((image * Height + h) * Width + w) * Channels + channel, h, w);
    }

    private static WinogradPlan Of(in ConvGeometry g)
    {
        int down = Tiling.Count(g.P, Side), across = Tiling.Count(g.Q, Side), all = g.N * down * across;
        return new() { PatchesH = down, PatchesW = across, AllPatches = all, Patches = all };
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

    /// <summary>Writes a pixel, if it is inside, or adds to it; those that are measured are all inside, and written.</summary>
    public void Store<TMeasuring>(ArrayView<float> images, WinogradPlan plan, int down, int across, float value) where TMeasuring : struct, IMeasuring
    {
        if (!default(TMeasuring).Measures && !IsInside(plan, down, across)) return;
        var at = Index(plan, down, across);
        if (!default(TMeasuring).Measures && plan.Adds != 0) value = images[at] + value;
        images[at] = value;
    }

    private int Index(WinogradPlan plan, int down, int across) => index + (down * plan.Width + across) * plan.Channels;

    // As unsigned numbers, negative ones are beyond the end, too.
    private bool IsInside(WinogradPlan plan, int down, int across) => (uint)(h + down) < (uint)plan.Height & (uint)(w + across) < (uint)plan.Width;
}

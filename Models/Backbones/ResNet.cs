using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Models;

/// <summary>A residual network with Swish throughout. Names of parts and tensors are torchvision's.</summary>
/// <remarks>
/// Source: He et al., arXiv:1512.03385; the stride of a bottleneck sits on its 3×3 (torchvision's "v1.5"). Images with a side below 64 get
/// the stem for small images (3×3, stride 1, no pooling), larger ones ImageNet's (7×7, stride 2, max-pool 3×3/2). Wide ResNets of
/// bottlenecks (wrn-50-2, wrn-101-2) have the 3×3 of each block twice as wide, as in torchvision; the LPC paper's later code applies the
/// factor to the blocks' outputs as well, so its features have 4096 values where these have 2048.
/// </remarks>
public sealed class ResNet : ResidualNetwork
{
    private const int SmallestImageNetSide = 64;

    /// <summary>Makes the network with PyTorch's default initialisation.</summary>
    /// <param name="initialiser">Draws the weights.</param>
    /// <param name="spec">Width and image size.</param>
    /// <param name="depths">Blocks of each of the four stages.</param>
    /// <param name="bottleneck">Blocks of 1×1, 3×3, 1×1 with fourfold output, rather than two 3×3.</param>
    /// <param name="innerFactor">How many times wider the 3×3 of a bottleneck is: 1, or 2 for Wide ResNets.</param>
    public ResNet(Initialiser initialiser, BackboneSpec spec, IReadOnlyList<int> depths, bool bottleneck, int innerFactor = 1)
        : base("ResNet", initialiser, spec, spec.Width, HasImageNetStem(spec) ? 7 : 3, HasImageNetStem(spec) ? 2 : 1)
    {
        PoolsStem = HasImageNetStem(spec);
        if (PoolsStem) HalveMap(); // the pooling
        for (var stage = 0; stage < depths.Count; stage++)
        {
            var inner = spec.Width << stage;
            AddStage(stage, depths[stage], (inputs, stride) => bottleneck
                ? new BottleneckBlock(initialiser, inputs, innerFactor * inner, 4 * inner, stride)
                : new BasicBlock(initialiser, inputs, inner, stride));
        }
    }

    /// <summary>Whether a max-pool 3×3/2 stands behind the stem, as for images of 64 pixels and more.</summary>
    public bool PoolsStem { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor images)
    {
        var x = Stem(images);
        if (PoolsStem) x = x.MaxPool();
        return Blocks(x).GlobalAveragePool();
    }

    private static bool HasImageNetStem(BackboneSpec spec) => Math.Min(spec.Height, spec.ImageWidth) >= SmallestImageNetSide;
}

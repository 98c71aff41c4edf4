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
public sealed class ResNet : Backbone
{
    private const int SmallestImageNetSide = 64;

    private readonly bool imageNetStem;
    private readonly ConvolutionLayer stem;
    private readonly BatchNormLayer stemNorm;
    private readonly List<ResidualBlock> blocks = [];
    private readonly int channels;

    /// <summary>Makes the network with PyTorch's default initialisation.</summary>
    /// <param name="initialiser">Draws the weights.</param>
    /// <param name="spec">Width and image size.</param>
    /// <param name="depths">Blocks of each of the four stages.</param>
    /// <param name="bottleneck">Blocks of 1×1, 3×3, 1×1 with fourfold output, rather than two 3×3.</param>
    /// <param name="innerFactor">How many times wider the 3×3 of a bottleneck is: 1, or 2 for Wide ResNets.</param>
    public ResNet(Initialiser initialiser, BackboneSpec spec, IReadOnlyList<int> depths, bool bottleneck, int innerFactor = 1)
    {
        channels = spec.Channels;
        imageNetStem = Math.Min(spec.Height, spec.ImageWidth) >= SmallestImageNetSide;
        var stemSize = imageNetStem ? 7 : 3;
        stem = Part("conv1", new ConvolutionLayer(initialiser, channels, spec.Width, stemSize, imageNetStem ? 2 : 1, stemSize / 2));
        stemNorm = Part("bn1", new BatchNormLayer(initialiser, spec.Width));

        var (height, width) = imageNetStem ? (Halve(Halve(spec.Height)), Halve(Halve(spec.ImageWidth))) : (spec.Height, spec.ImageWidth);
        var convolutions = new List<ConvGeometry> { stem.Geometry(spec.Height, spec.ImageWidth) };
        var inputs = spec.Width;
        for (var stage = 0; stage < depths.Count; stage++)
        {
            var inner = spec.Width << stage;
            for (var i = 0; i < depths[stage]; i++)
            {
                var stride = stage > 0 && i == 0 ? 2 : 1;
                ResidualBlock block = bottleneck
                    ? new BottleneckBlock(initialiser, inputs, innerFactor * inner, 4 * inner, stride)
                    : new BasicBlock(initialiser, inputs, inner, stride);
                blocks.Add(Part($"layer{stage + 1}.{i}", block));
                convolutions.AddRange(block.Convolutions(height, width));
                if (stride == 2) (height, width) = (Halve(height), Halve(width));
                inputs = block.Outputs;
            }
        }
        Features = inputs;
        Convolutions = convolutions;
        FlopsPerImage = convolutions.Sum(convolution => (double)convolution.Flops);
        SmallestNormalisedMap = height * width;
    }

    /// <inheritdoc/>
    public override int Features { get; }

    /// <inheritdoc/>
    public override double FlopsPerImage { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<ConvGeometry> Convolutions { get; }

    /// <inheritdoc/>
    public override int SmallestNormalisedMap { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor images)
    {
        if (images.Shape.Rank != 4 || images.Shape[3] != channels)
            throw new ShapeException("ResNet", $"images are {images.Shape}; this network takes [N, H, W, {channels}].");
        var x = stemNorm.ForwardSwish(stem.Forward(images));
        if (imageNetStem) x = x.MaxPool();
        foreach (var block in blocks) x = block.Forward(x);
        return x.GlobalAveragePool();
    }

    // Output size of a stride-2 layer whose padding is half its filter.
    internal static int Halve(int size) => (size + 1) / 2;
}

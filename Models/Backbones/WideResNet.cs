using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Models;

/// <summary>A wide residual network for small images: three groups of pre-activation blocks, with Swish throughout.</summary>
/// <remarks>
/// Source: Zagoruyko and Komodakis, arXiv:1605.07146. wrn-D-W has (D − 4)/6 blocks in each group and 16·W, 32·W and 64·W channels; the stem
/// has 16. As in the LPC paper's later code the stem (3×3, stride 1, at any image size) is followed by its own batch normalisation and
/// Swish, and one more of both stands before the pooling.
/// </remarks>
public sealed class WideResNet : Backbone
{
    private readonly ConvolutionLayer stem;
    private readonly BatchNormLayer stemNorm, lastNorm;
    private readonly List<PreActivationBlock> blocks = [];
    private readonly int channels;

    /// <summary>Makes the network with PyTorch's default initialisation.</summary>
    /// <param name="initialiser">Draws the weights.</param>
    /// <param name="spec">Width and image size; the stem has a quarter as many channels as the width says, rounded up.</param>
    /// <param name="blocksPerGroup">Blocks of each group, at least 1.</param>
    /// <param name="factor">W, at least 1.</param>
    public WideResNet(Initialiser initialiser, BackboneSpec spec, int blocksPerGroup, int factor)
    {
        channels = spec.Channels;
        var narrow = (spec.Width + 3) / 4;
        stem = Part("conv1", new ConvolutionLayer(initialiser, channels, narrow, 3, 1, 1));
        stemNorm = Part("bn1", new BatchNormLayer(initialiser, narrow));
        var (inputs, height, width) = (narrow, spec.Height, spec.ImageWidth);
        var convolutions = new List<ConvGeometry> { stem.Geometry(height, width) };
        for (var group = 0; group < 3; group++)
        {
            for (var i = 0; i < blocksPerGroup; i++)
            {
                var stride = group > 0 && i == 0 ? 2 : 1;
                var outputs = (int)Math.Min((long)narrow * factor << group, int.MaxValue);
                var block = Part($"layer{group + 1}.{i}", new PreActivationBlock(initialiser, inputs, outputs, stride));
                blocks.Add(block);
                convolutions.AddRange(block.Convolutions(height, width));
                if (stride == 2) (height, width) = (ResNet.Halve(height), ResNet.Halve(width));
                inputs = outputs;
            }
        }
        lastNorm = Part("bn", new BatchNormLayer(initialiser, inputs));
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
            throw new ShapeException("WideResNet", $"images are {images.Shape}; this network takes [N, H, W, {channels}].");
        var x = stemNorm.ForwardSwish(stem.Forward(images));
        foreach (var block in blocks) x = block.Forward(x);
        return lastNorm.ForwardSwish(x).GlobalAveragePool();
    }
}

/// <summary>
/// Two 3×3 convolutions, each behind its normalisation and Swish: y = conv2(a(conv1(a(x)))) + shortcut. The shortcut is x where shapes
/// agree, else a 1×1 convolution of a(x).
/// </summary>
public sealed class PreActivationBlock : Module
{
    private readonly BatchNormLayer bn1, bn2;
    private readonly ConvolutionLayer conv1, conv2;
    private readonly ConvolutionLayer? projection;

    /// <summary>Makes the block.</summary>
    /// <param name="initialiser">Draws the weights.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="stride">Of the first convolution and the shortcut.</param>
    public PreActivationBlock(Initialiser initialiser, int inputs, int outputs, int stride)
    {
        bn1 = Part("bn1", new BatchNormLayer(initialiser, inputs));
        conv1 = Part("conv1", new ConvolutionLayer(initialiser, inputs, outputs, 3, stride, 1));
        bn2 = Part("bn2", new BatchNormLayer(initialiser, outputs));
        conv2 = Part("conv2", new ConvolutionLayer(initialiser, outputs, outputs, 3, 1, 1));
        if (stride > 1 || inputs != outputs)
            projection = Part("downsample.0", new ConvolutionLayer(initialiser, inputs, outputs, 1, stride));
    }

    /// <summary>Applies the block.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <returns>[N, ⌈H/stride⌉, ⌈W/stride⌉, outputs].</returns>
    public Tensor Forward(Tensor x)
    {
        var a = bn1.ForwardSwish(x);
        var y = conv2.Forward(bn2.ForwardSwish(conv1.Forward(a)));
        return y.Add(projection is null ? x : projection.Forward(a));
    }

    /// <summary>The block's convolutions for one image, in the order of their parameters.</summary>
    /// <param name="height">Input height.</param>
    /// <param name="width">Input width.</param>
    internal IEnumerable<ConvGeometry> Convolutions(int height, int width)
    {
        var first = conv1.Geometry(height, width);
        ConvGeometry[] body = [first, conv2.Geometry(first.P, first.Q)];
        return projection is null ? body : [.. body, projection.Geometry(height, width)];
    }
}

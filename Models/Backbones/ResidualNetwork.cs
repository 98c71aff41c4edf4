using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Models;

/// <summary>What residual networks have in common: a stem, then stages of blocks, and the sizes of the maps between them.</summary>
public abstract class ResidualNetwork : Backbone
{
    private readonly string name;
    private readonly int channels;
    private readonly ConvolutionLayer stem;
    private readonly BatchNormLayer stemNorm;
    private readonly List<ResidualBlock> blocks = [];
    private readonly List<ConvGeometry> convolutions = [];
    private int height, width, outputs;

    // The stem is declared first: the order of the parts fixes the order of the parameters, and the random stream of each weight.
    private protected ResidualNetwork(
        string name, Initialiser initialiser, BackboneSpec spec, int stemChannels, int stemSize, int stemStride)
    {
        (this.name, channels, outputs) = (name, spec.Channels, stemChannels);
        (height, width) = (spec.Height, spec.ImageWidth);
        stem = Part("conv1", new ConvolutionLayer(initialiser, channels, stemChannels, stemSize, stemStride, stemSize / 2));
        stemNorm = Part("bn1", new BatchNormLayer(initialiser, stemChannels));
        convolutions.Add(stem.Geometry(height, width));
        if (stemStride == 2) HalveMap();
    }

    /// <inheritdoc/>
    public sealed override int Features => outputs;

    /// <inheritdoc/>
    public sealed override double FlopsPerImage => convolutions.Sum(convolution => (double)convolution.Flops);

    /// <inheritdoc/>
    public sealed override IReadOnlyList<ConvGeometry> Convolutions => convolutions;

    /// <inheritdoc/>
    public sealed override int SmallestNormalisedMap => height * width;

    /// <summary>Declares a stage, <c>layer1</c> and so on: its first block halves the map, but for that of the first stage.</summary>
    /// <param name="stage">Counted from 0.</param>
    /// <param name="depth">Blocks.</param>
    /// <param name="make">Makes a block for so many input channels with such a stride.</param>
    private protected void AddStage(int stage, int depth, Func<int, int, ResidualBlock> make)
    {
        for (var i = 0; i < depth; i++)
        {
            var stride = stage > 0 && i == 0 ? 2 : 1;
            var block = Part($"layer{stage + 1}.{i}", make(outputs, stride));
            blocks.Add(block);
            convolutions.AddRange(block.Convolutions(height, width));
            if (stride == 2) HalveMap();
            outputs = block.Outputs;
        }
    }

    /// <summary>What follows has maps half as large: behind a stride of 2 whose padding is half its filter.</summary>
    private protected void HalveMap() => (height, width) = ((height + 1) / 2, (width + 1) / 2);

    private protected Tensor Stem(Tensor images)
    {
        if (images.Shape.Rank != 4 || images.Shape[3] != channels)
            throw new ShapeException(name, $"images are {images.Shape}; this network takes [N, H, W, {channels}].");
        return stemNorm.ForwardSwish(stem.ForwardMeasured(images));
    }

    private protected Tensor Blocks(Tensor x)
    {
        foreach (var block in blocks) x = block.Forward(x);
        return x;
    }
}

using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Models;

/// <summary>
/// Some convolutions with a shortcut around them, F(x) + shortcut(x): the identity where shapes agree, else a 1×1 convolution.
/// </summary>
public abstract class ResidualBlock : Module
{
    private readonly int stride;
    private ConvolutionLayer? projection;
    private BatchNormLayer? projectionNorm;

    private protected ResidualBlock(int outputs, int stride) => (Outputs, this.stride) = (outputs, stride);

    /// <summary>Output channels.</summary>
    public int Outputs { get; }

    /// <summary>Applies the block.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <returns>[N, ⌈H/stride⌉, ⌈W/stride⌉, <see cref="Outputs"/>].</returns>
    public abstract Tensor Forward(Tensor x);

    /// <summary>The block's convolutions for one image, in the order of their parameters.</summary>
    /// <param name="height">Input height.</param>
    /// <param name="width">Input width.</param>
    internal IEnumerable<ConvGeometry> Convolutions(int height, int width) =>
        projection is null ? Body(height, width) : Body(height, width).Append(projection.Geometry(height, width));

    private protected abstract IEnumerable<ConvGeometry> Body(int height, int width);

    // Declared after the body's parts: that's torchvision's order, which fixes the random stream of each weight too.
    private protected void DeclareShortcut(Initialiser initialiser, int inputs, bool normalised)
    {
        if (stride == 1 && inputs == Outputs) return;
        projection = Part("downsample.0", new ConvolutionLayer(initialiser, inputs, Outputs, 1, stride));
        if (normalised) projectionNorm = Part("downsample.1", new BatchNormLayer(initialiser, Outputs));
    }

    // x, or the projection of what is to be projected.
    private protected Tensor Shortcut(Tensor x, Tensor projected)
    {
        if (projection is null) return x;
        return projectionNorm is null ? projection.Forward(projected) : projectionNorm.Forward(projection.ForwardMeasured(projected));
    }
}

/// <summary>Two 3×3 convolutions, y = Swish(F(x) + shortcut(x)): the block of ResNet-18 and -34.</summary>
public sealed class BasicBlock : ResidualBlock
{
    private readonly ConvolutionLayer conv1, conv2;
    private readonly BatchNormLayer bn1, bn2;

    /// <summary>Makes the block.</summary>
    /// <param name="initialiser">Draws the weights.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="width">Channels of both convolutions.</param>
    /// <param name="stride">Of the first convolution and the shortcut.</param>
    public BasicBlock(Initialiser initialiser, int inputs, int width, int stride) : base(width, stride)
    {
        conv1 = Part("conv1", new ConvolutionLayer(initialiser, inputs, width, 3, stride, 1));
        bn1 = Part("bn1", new BatchNormLayer(initialiser, width));
        conv2 = Part("conv2", new ConvolutionLayer(initialiser, width, width, 3, 1, 1));
        bn2 = Part("bn2", new BatchNormLayer(initialiser, width));
        DeclareShortcut(initialiser, inputs, normalised: true);
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x)
    {
        var y = bn1.ForwardSwish(conv1.ForwardMeasured(x));
        var z = conv2.ForwardMeasured(y);
        return bn2.ForwardAddSwish(z, Shortcut(x, x));
    }

    private protected override IEnumerable<ConvGeometry> Body(int height, int width)
    {
        var first = conv1.Geometry(height, width);
        return [first, conv2.Geometry(first.P, first.Q)];
    }
}

/// <summary>
/// 1×1 down, 3×3, 1×1 up, y = Swish(F(x) + shortcut(x)), to four times the width in ResNet-50 and deeper, to twice the width in Wide
/// ResNets.
/// </summary>
public sealed class BottleneckBlock : ResidualBlock
{
    private readonly ConvolutionLayer conv1, conv2, conv3;
    private readonly BatchNormLayer bn1, bn2, bn3;

    /// <summary>Makes the block.</summary>
    /// <param name="initialiser">Draws the weights.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="width">Channels of the 3×3 convolution.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="stride">Of the 3×3 convolution and the shortcut.</param>
    public BottleneckBlock(Initialiser initialiser, int inputs, int width, int outputs, int stride) : base(outputs, stride)
    {
        conv1 = Part("conv1", new ConvolutionLayer(initialiser, inputs, width, 1));
        bn1 = Part("bn1", new BatchNormLayer(initialiser, width));
        conv2 = Part("conv2", new ConvolutionLayer(initialiser, width, width, 3, stride, 1));
        bn2 = Part("bn2", new BatchNormLayer(initialiser, width));
        conv3 = Part("conv3", new ConvolutionLayer(initialiser, width, outputs, 1));
        bn3 = Part("bn3", new BatchNormLayer(initialiser, outputs));
        DeclareShortcut(initialiser, inputs, normalised: true);
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x)
    {
        var y = bn1.ForwardSwish(conv1.ForwardMeasured(x));
        y = bn2.ForwardSwish(conv2.ForwardMeasured(y));
        var z = conv3.ForwardMeasured(y);
        return bn3.ForwardAddSwish(z, Shortcut(x, x));
    }

    private protected override IEnumerable<ConvGeometry> Body(int height, int width)
    {
        var middle = conv2.Geometry(height, width);
        return [conv1.Geometry(height, width), middle, conv3.Geometry(middle.P, middle.Q)];
    }
}

/// <summary>
/// Two 3×3 convolutions, each behind its normalisation and Swish: y = conv2(a(conv1(a(x)))) + shortcut. The shortcut is x where shapes
/// agree, else a 1×1 convolution of a(x). The block of Wide ResNets for small images.
/// </summary>
public sealed class PreActivationBlock : ResidualBlock
{
    private readonly BatchNormLayer bn1, bn2;
    private readonly ConvolutionLayer conv1, conv2;

    /// <summary>Makes the block.</summary>
    /// <param name="initialiser">Draws the weights.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="stride">Of the first convolution and the shortcut.</param>
    public PreActivationBlock(Initialiser initialiser, int inputs, int outputs, int stride) : base(outputs, stride)
    {
        bn1 = Part("bn1", new BatchNormLayer(initialiser, inputs));
        conv1 = Part("conv1", new ConvolutionLayer(initialiser, inputs, outputs, 3, stride, 1));
        bn2 = Part("bn2", new BatchNormLayer(initialiser, outputs));
        conv2 = Part("conv2", new ConvolutionLayer(initialiser, outputs, outputs, 3, 1, 1));
        DeclareShortcut(initialiser, inputs, normalised: false);
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x)
    {
        var a = bn1.ForwardSwish(x);
        var y = conv2.Forward(bn2.ForwardSwish(conv1.ForwardMeasured(a)));
        return y.Add(Shortcut(x, a));
    }

    private protected override IEnumerable<ConvGeometry> Body(int height, int width)
    {
        var first = conv1.Geometry(height, width);
        return [first, conv2.Geometry(first.P, first.Q)];
    }
}

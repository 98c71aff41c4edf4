using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Models;

/// <summary>A 2-D convolution without bias. Files hold its weight as [K, C, R, S]; here it is [R, S, C, K].</summary>
public sealed class ConvolutionLayer : Module
{
    private static readonly int[] FileAxes = [3, 2, 0, 1];

    /// <summary>Makes the layer with PyTorch's default initialisation.</summary>
    /// <param name="initialiser">Draws the weight.</param>
    /// <param name="channels">Input channels C.</param>
    /// <param name="filters">Output channels K.</param>
    /// <param name="size">Filter height and width.</param>
    /// <param name="stride">Step between output positions.</param>
    /// <param name="padding">Zero rows and columns on each side.</param>
    public ConvolutionLayer(Initialiser initialiser, int channels, int filters, int size, int stride = 1, int padding = 0)
    {
        (Stride, Padding) = (stride, padding);
        Weight = Parameter("weight", initialiser.Uniform(new Shape(size, size, channels, filters), channels * size * size), FileAxes);
    }

    /// <summary>The filters [R, S, C, K].</summary>
    public Tensor Weight { get; }

    /// <summary>Step between output positions, in both directions.</summary>
    public int Stride { get; }

    /// <summary>Zero rows and columns on each side.</summary>
    public int Padding { get; }

    /// <summary>What it computes for one image.</summary>
    /// <param name="height">Of the input.</param>
    /// <param name="width">Of the input.</param>
    internal ConvGeometry Geometry(int height, int width)
    {
        var w = Weight.Shape;
        return new(1, height, width, w[2], w[3], w[0], w[1], Stride, Padding);
    }

    /// <summary>Applies the convolution.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <returns>[N, P, Q, K].</returns>
    public Tensor Forward(Tensor x) => x.Conv2d(Weight, Stride, Padding);

    /// <summary>Applies the convolution before a batch normalisation, for which in training it measures what it makes.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <returns>[N, P, Q, K].</returns>
    public Measured ForwardMeasured(Tensor x) => Training ? x.Conv2dMeasured(Weight, Stride, Padding) : Forward(x);
}

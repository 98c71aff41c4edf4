using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Models;

/// <summary>The part of a classifier that turns images into features h.</summary>
public abstract class Backbone : Module
{
    /// <summary>Width of the features.</summary>
    public abstract int Features { get; }

    /// <summary>
    /// Multiply-adds of one image's forward pass, times two: the FLOPs that speed figures are based on (direct convolution).
    /// </summary>
    public abstract double FlopsPerImage { get; }

    /// <summary>The convolutions of one image's forward pass, in the order of their parameters; empty where there are none.</summary>
    public virtual IReadOnlyList<ConvGeometry> Convolutions => [];

    /// <summary>
    /// The fewest values of one image that a batch normalisation takes a channel's mean over: the pixels of the smallest feature map;
    /// int.MaxValue without such layers. Where it is 1, training needs more than one image at a time.
    /// </summary>
    public abstract int SmallestNormalisedMap { get; }

    /// <summary>Computes the features.</summary>
    /// <param name="images">[N, H, W, C], normalised.</param>
    /// <returns>h, [N, <see cref="Features"/>].</returns>
    public abstract Tensor Forward(Tensor images);
}

using LpcEngine.Engine;
using LpcEngine.Kernels;
using LpcEngine.Models;

namespace LpcEngine.Benchmarks.Convolutions;

/// <summary>One distinct convolution of a network.</summary>
/// <param name="Geometry">Its sizes, batch included.</param>
/// <param name="Count">How often a forward pass, and a weight gradient, computes it.</param>
/// <param name="InputGradients">How often a training step computes its input gradient: never for the images.</param>
internal sealed record NetworkConvolution(ConvGeometry Geometry, int Count, int InputGradients)
{
    /// <summary>What is convolved, as a reader would say it: "3×3/2 64→128, 32×32" has stride 2 and images of 32×32.</summary>
    public string Label
    {
        get
        {
            var g = Geometry;
            return $"{g.R}×{g.S}{(g.Stride == 1 ? "" : $"/{g.Stride}")} {g.C}→{g.K}, {g.H}×{g.W}";
        }
    }

    /// <summary>The distinct convolutions of a network for CIFAR's images, in the order of their first use.</summary>
    /// <param name="device">Where the network would live; planning takes no memory.</param>
    /// <param name="backbone">Its name.</param>
    /// <param name="batch">Images per pass.</param>
    /// <param name="width">Channels of the first stage.</param>
    /// <exception cref="UserErrorException">The backbone is unknown, has no convolutions, or cannot be so wide.</exception>
    public static IReadOnlyList<NetworkConvolution> Of(Device device, string backbone, int batch, int width)
    {
        const int side = 32, channels = 3;
        var all = new BackboneSpec(backbone, width, side, side, channels).Build(Initialiser.Plan(device)).Convolutions;
        if (all.Count == 0) throw new UserErrorException($"{backbone} has no convolutions; resnet18 and its kin do.");
        // The first reads the images.
        return all.Index().GroupBy(item => item.Item with { N = batch })
            .Select(group => new NetworkConvolution(group.Key, group.Count(), group.Count(item => item.Index > 0))).ToList();
    }
}

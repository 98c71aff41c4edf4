using LpcEngine.Engine;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Demonstration;

/// <summary>20 inputs, two hidden layers of 32 with Swish, a linear layer of two latents, a linear classifier, which here has a bias.</summary>
internal sealed class ToyNetwork : Module
{
    private readonly Mlp backbone;
    private readonly LinearLayer penultimate, last;

    /// <summary>Makes the network with fresh weights.</summary>
    public ToyNetwork(Initialiser initialiser)
    {
        backbone = Part("backbone", new Mlp(initialiser, ToyData.Dimensions, [32, 32]));
        penultimate = Part("penultimate", new LinearLayer(initialiser, backbone.Features, 2, bias: true));
        last = Part("fc", new LinearLayer(initialiser, 2, ToyData.Classes, bias: true));
    }

    /// <summary>Latents [N, 2] and logits [N, 4] of points [N, 20].</summary>
    public (Tensor Latents, Tensor Logits) Forward(Tensor points)
    {
        var latents = penultimate.Forward(backbone.Forward(points));
        return (latents, last.Forward(latents));
    }
}

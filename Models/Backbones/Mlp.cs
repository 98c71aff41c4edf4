using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Models;

/// <summary>A multi-layer perceptron: linear layers with bias, each followed by Swish.</summary>
public sealed class Mlp : Backbone
{
    private readonly LinearLayer[] layers;
    private readonly int inputs;

    /// <summary>Makes the network with PyTorch's default initialisation.</summary>
    /// <param name="initialiser">Draws the weights.</param>
    /// <param name="inputs">Values per image.</param>
    /// <param name="hidden">Width of each layer, at least one.</param>
    public Mlp(Initialiser initialiser, int inputs, IReadOnlyList<int> hidden)
    {
        this.inputs = inputs;
        layers = new LinearLayer[hidden.Count];
        for (var i = 0; i < layers.Length; i++)
            layers[i] = Part($"layers.{i}", new LinearLayer(initialiser, i == 0 ? inputs : hidden[i - 1], hidden[i], bias: true));
        Features = hidden[^1];
        FlopsPerImage = layers.Sum(layer => 2.0 * layer.Weight.Shape.Count);
    }

    /// <inheritdoc/>
    public override int Features { get; }

    /// <inheritdoc/>
    public override double FlopsPerImage { get; }

    /// <inheritdoc/>
    public override int SmallestNormalisedMap => int.MaxValue;

    /// <inheritdoc/>
    public override Tensor Forward(Tensor images)
    {
        var h = images.Shape.Rank == 2 ? images : images.View(new Shape(images.Shape[0], inputs));
        foreach (var layer in layers) h = layer.Forward(h).Swish();
        return h;
    }
}

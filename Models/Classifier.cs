using LpcEngine.Engine;
using LpcEngine.Kernels;

namespace LpcEngine.Models;

/// <summary>What stands between the backbone's features and the classifier.</summary>
public enum Head
{
    /// <summary>Nothing: the latents are the features.</summary>
    None,

    /// <summary>A linear layer with bias.</summary>
    Linear,

    /// <summary>A linear layer with bias, then Swish.</summary>
    NonLinear,
}

/// <summary>What a classifier computes from a batch.</summary>
/// <param name="Features">h, the pooled features of the backbone [N, features].</param>
/// <param name="Latents">z, the penultimate representation [N, d].</param>
/// <param name="Logits">[N, classes].</param>
public readonly record struct ClassifierOutput(Tensor Features, Tensor Latents, Tensor Logits);

/// <summary>A backbone, a head and the last linear layer, which has no bias: h(x), z = A·h + a, logits = W·z.</summary>
public sealed class Classifier : Module
{
    private readonly Head head;
    private readonly LinearLayer? penultimate;
    private readonly LinearLayer last;

    /// <summary>Makes the classifier with fresh weights.</summary>
    /// <param name="initialiser">Draws the weights.</param>
    /// <param name="spec">The backbone.</param>
    /// <param name="head">What stands before the last layer.</param>
    /// <param name="latents">Width of the penultimate layer; unused with <see cref="Head.None"/>.</param>
    /// <param name="classes">Number of classes, at least 2.</param>
    /// <exception cref="UserErrorException">The backbone is unknown, or a size is too small.</exception>
    public Classifier(Initialiser initialiser, BackboneSpec spec, Head head, int latents, int classes)
    {
        if (classes < 2) throw new UserErrorException($"--classes {classes}: a classifier needs at least 2 classes.");
        if (head != Head.None && latents < 1)
            throw new UserErrorException($"--penultimate {latents}: the layer's width must be at least 1.");
        this.head = head;
        // Without a prefix: files say conv1.weight, not backbone.conv1.weight.
        Backbone = Part("", spec.Build(initialiser));
        Latents = head == Head.None ? Backbone.Features : latents;
        if (head != Head.None) penultimate = Part("penultimate", new LinearLayer(initialiser, Backbone.Features, latents, bias: true));
        last = Part("fc", new LinearLayer(initialiser, Latents, classes, bias: false));
        Classes = classes;
    }

    /// <summary>The backbone.</summary>
    public Backbone Backbone { get; }

    /// <summary>Width d of the penultimate representation.</summary>
    public int Latents { get; }

    /// <summary>Number of classes.</summary>
    public int Classes { get; }

    /// <summary>The last layer's weight [d, classes].</summary>
    public Tensor LastWeight => last.Weight;

    /// <summary>FLOPs of one image's forward pass (direct convolution; two per multiply-add).</summary>
    public double FlopsPerImage => Backbone.FlopsPerImage + 2.0 * ((penultimate?.Weight.Shape.Count ?? 0) + last.Weight.Shape.Count);

    /// <summary>Computes features, latents and logits.</summary>
    /// <param name="images">[N, H, W, C], normalised.</param>
    /// <returns>Tensors of the running step.</returns>
    public ClassifierOutput Forward(Tensor images)
    {
        var features = Backbone.Forward(images);
        var latents = head switch
        {
            Head.None => features,
            Head.Linear => penultimate!.Forward(features),
            _ => penultimate!.Forward(features).Swish(),
        };
        return new(features, latents, last.Forward(latents));
    }
}

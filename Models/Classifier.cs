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
    /// <exception cref="UserErrorException">
    /// The backbone is unknown, a size is too small, or the device has too little memory for the parameters.
    /// </exception>
    public Classifier(Initialiser initialiser, BackboneSpec spec, Head head, int latents, int classes)
    {
        if (!initialiser.IsPlan) CheckSize(initialiser.Device, spec, head, latents, classes, copies: 1);
        if (classes < 2) throw new UserErrorException($"A classifier needs at least 2 classes; the data, or --classes, has {classes}.");
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

    /// <summary>Refuses a network that the device can't hold, before anything is allocated or drawn.</summary>
    /// <param name="device">Where it would live.</param>
    /// <param name="spec">The backbone.</param>
    /// <param name="head">What stands before the last layer.</param>
    /// <param name="latents">Width of the penultimate layer; unused with <see cref="Head.None"/>.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="copies">How many arrays as large as the parameters there will be: 1, or <see cref="TrainingCopies"/>.</param>
    /// <exception cref="UserErrorException">A weight or all of them together are too large, or a size is too small.</exception>
    public static void CheckSize(Device device, BackboneSpec spec, Head head, int latents, int classes, int copies)
    {
        long parameters;
        var name = $"{spec.Name} with --width {spec.Width}{(head == Head.None ? "" : $" and --penultimate {latents}")}";
        try
        {
            parameters = new Classifier(Initialiser.Plan(device), spec, head, latents, classes).ParameterCount();
        }
        catch (ShapeException problem)
        {
            throw new UserErrorException($"{name} has a weight that is too large. {problem.Message}", problem);
        }
        var bytes = (double)parameters * sizeof(float) * copies;
        if (bytes <= device.TotalMemoryBytes && parameters <= int.MaxValue) return;
        throw new UserErrorException(
            $"{name} has {parameters:N0} parameters, {bytes / (1 << 20):N0} MiB"
            + (copies > 1 ? " with gradients and the optimizer's state; " : "; ")
            + $"device '{device.Name}' has {device.TotalMemoryBytes >> 20:N0} MiB and at most {int.MaxValue:N0} parameters are possible. "
            + "Use a smaller --width or --penultimate.");
    }

    /// <summary>Arrays as large as the parameters while training: values, gradients, and the optimizer's two moments.</summary>
    public const int TrainingCopies = 4;

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

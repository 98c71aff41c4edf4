using LpcEngine.Engine;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Robustness;

/// <summary>A trained classifier as a function of its images alone: evaluation mode, parameters constant, derivatives with respect to the images.</summary>
/// <remarks>
/// What attacks and input-gradient norms share. Use it within <see cref="Device.Step"/>. A forward pass may be followed by any number of backward
/// passes on the same activations. An image's logits and gradients don't depend on what else is in its batch: each operation computes the rows of
/// a batch independently of their number. Disposing puts the mode and the gradients of the parameters back.
/// </remarks>
internal sealed class FrozenNetwork : IDisposable
{
    private readonly Device device;
    private readonly Shape image;
    private readonly FrozenScope frozen;
    private readonly bool wasTraining;
    private Tensor? images;

    /// <summary>Freezes a classifier.</summary>
    /// <param name="model">The classifier.</param>
    /// <param name="device">Where it lives.</param>
    /// <param name="image">Height, width and channels of its images.</param>
    public FrozenNetwork(Classifier model, Device device, Shape image)
    {
        (Model, this.device, this.image) = (model, device, image);
        wasTraining = model.Training;
        model.Training = false;
        frozen = model.Freeze();
    }

    /// <summary>The classifier.</summary>
    public Classifier Model { get; }

    /// <summary>Numbers of an image.</summary>
    public int ImageLength => image.Count;

    /// <summary>Computes features, latents and logits, recorded for <see cref="ImageGradients"/>.</summary>
    /// <param name="normalised">The images [count, H, W, C], normalised.</param>
    /// <param name="count">How many they are.</param>
    /// <returns>Tensors of the running step.</returns>
    public ClassifierOutput Forward(ReadOnlySpan<float> normalised, int count)
    {
        images = device.New(new Shape(count, image[0], image[1], image[2]));
        images.CopyFrom(normalised);
        images.TracksGradient = true;
        return Model.Forward(images);
    }

    /// <summary>Computes ∂(Σ upstream·y)/∂images for a result of the running step's forward pass.</summary>
    /// <param name="y">The logits, latents or features [count, …].</param>
    /// <param name="upstream">As many numbers as y has.</param>
    /// <param name="gradients">Receives [count, H, W, C]. Waits for the device.</param>
    public void ImageGradients(Tensor y, ReadOnlySpan<float> upstream, Span<float> gradients)
    {
        var dY = device.New(y.Shape);
        dY.CopyFrom(upstream);
        var dX = device.Tape.Backward(y, dY)[images!];
        dX.CopyTo(gradients);
        // The next pass on the same activations takes their place.
        device.GiveBack(dX);
        device.GiveBack(dY);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        frozen.Dispose();
        Model.Training = wasTraining;
    }
}

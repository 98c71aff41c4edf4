using LpcEngine.Engine;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Robustness;
using LpcEngine.Kernels;

namespace LpcEngine.Experiments.Training;

/// <summary>One split of a data set on the device: all images as they were read, and their labels.</summary>
/// <remarks>CIFAR as bytes is 154 MB, so every device that can train can hold it; batches are gathered, augmented and normalised there.</remarks>
internal sealed class DeviceImages
{
    private readonly Tensor images, labels, mean, inverseDeviation;

    public DeviceImages(Device device, ImageSet set, float[] mean, float[] deviation)
    {
        var shape = new Shape(set.Count, set.Height, set.Width, set.Channels);
        images = set.Bytes is not null ? device.NewKept<byte>(shape, set.Bytes) : device.NewKept<float>(shape, set.Floats);
        labels = device.NewKept<int>(new Shape(set.Count), set.Labels);
        this.mean = device.NewKept<float>(new Shape(set.Channels), mean);
        inverseDeviation = device.NewKept<float>(new Shape(set.Channels), Array.ConvertAll(deviation, value => 1 / value));
        (Count, Labels, ImageShape) = (set.Count, set.Labels, new Shape(set.Height, set.Width, set.Channels));
        Space = new PixelSpace(mean, deviation, isBounded: set.Bytes is not null);
    }

    public int Count { get; }

    /// <summary>Height, width and channels of an image.</summary>
    public Shape ImageShape { get; }

    /// <summary>The images before they were normalised: what perturbations are measured in.</summary>
    public PixelSpace Space { get; }

    /// <summary>The labels in host memory.</summary>
    public int[] Labels { get; }

    /// <summary>Normalised (and augmented) images [B, H, W, C] and their labels [B], tensors of the running step.</summary>
    public (Tensor Images, Tensor Labels) Batch(ReadOnlySpan<int> indices, ImageAugmentation augmentation, ulong seed, Tensor epoch)
    {
        var chosen = images.Device.New(new Shape(indices.Length), DType.Int32);
        chosen.CopyFrom(indices);
        return Batch(chosen, augmentation, seed, epoch);
    }

    /// <inheritdoc cref="Batch(ReadOnlySpan{int}, ImageAugmentation, ulong, Tensor)"/>
    public (Tensor Images, Tensor Labels) Batch(Tensor chosen, ImageAugmentation augmentation, ulong seed, Tensor epoch) =>
        (ImagesOp.GatherImages(images, chosen, mean, inverseDeviation, augmentation, seed, epoch), ImagesOp.GatherLabels(labels, chosen));
}

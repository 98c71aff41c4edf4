using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>Batches from a data set that lies on the device: gather, normalise, flip and crop in one pass.</summary>
public static partial class ImagesOp
{
    /// <summary>Takes a batch of images, normalises them and, for training, flips and crops them at random.</summary>
    /// <param name="images">The data set, [M, H, W, C], bytes or floats.</param>
    /// <param name="indices">[B], <see cref="DType.Int32"/>, which images, each from 0 to M − 1; one outside becomes an image of NaN and is
    /// never used as an index.</param>
    /// <param name="mean">[C], subtracted.</param>
    /// <param name="inverseDeviation">[C], multiplied afterwards.</param>
    /// <param name="augmentation">What happens at random.</param>
    /// <param name="seed">The experiment's seed.</param>
    /// <param name="epoch">[1], <see cref="DType.Int32"/>, in device memory, so that a recorded step can be replayed in the next
    /// epoch.</param>
    /// <returns>[B, H, W, C], float, of the running step; no gradient flows back to the data set.</returns>
    /// <remarks>
    /// Bytes p become (p/255 − mean)·inverseDeviation, floats (p − mean)·inverseDeviation (mean 0 and deviation 1 leave them as they are).
    /// Then, in PyTorch's usual order, flip before crop; the padding of 4 pixels is zero in normalised space, as in the paper's code. The
    /// decisions are a pure function of seed, epoch and the image's index in the data set, drawn by Philox: equal on every device and for
    /// every composition of batches. Memory-bound: reads each byte once, writes 4 bytes.
    /// </remarks>
    /// <exception cref="ShapeException">A shape doesn't fit.</exception>
    public static Tensor GatherImages(
        Tensor images, Tensor indices, Tensor mean, Tensor inverseDeviation, ImageAugmentation augmentation, ulong seed, Tensor epoch)
    {
        var shape = images.Shape;
        if (shape.Rank != 4) throw new ShapeException("GatherImages", $"images are {shape} but must be [M, H, W, C].");
        if (indices.Shape.Rank != 1) throw new ShapeException("GatherImages", $"indices are {indices.Shape} but must be [B].");
        if (mean.Shape.Count != shape[3] || inverseDeviation.Shape.Count != shape[3])
            throw new ShapeException("GatherImages", $"mean {mean.Shape} and inverse deviation {inverseDeviation.Shape} must have one value for each of the {shape[3]} channels of {shape}.");
        if (epoch.Shape.Count != 1) throw new ShapeException("GatherImages", $"epoch is {epoch.Shape} but must be a single number.");
        var device = images.Device;
        var y = device.New(new Shape(indices.Shape[0], shape[1], shape[2], shape[3]));
        if (device is CpuDevice cpu) ImagesCpu.Gather(cpu, images, indices, mean, inverseDeviation, augmentation, seed, epoch, y);
        else ImagesGpu.On(device).Gather(images, indices, mean, inverseDeviation, augmentation, seed, epoch, y);
        return y;
    }

    /// <summary>Takes a batch of labels.</summary>
    /// <param name="labels">The data set's labels, [M], <see cref="DType.Int32"/>.</param>
    /// <param name="indices">[B], <see cref="DType.Int32"/>, each from 0 to M − 1; one outside gives −1, a label that no loss
    /// accepts.</param>
    /// <returns>[B], <see cref="DType.Int32"/>, of the running step; labels have no gradient.</returns>
    /// <remarks>
    /// Memory-bound: reads B indices and B labels, writes B labels, 12 bytes each; saves nothing. Deterministic: whole numbers are copied.
    /// </remarks>
    /// <exception cref="ShapeException">A shape doesn't fit.</exception>
    public static Tensor GatherLabels(Tensor labels, Tensor indices)
    {
        if (labels.Shape.Rank != 1 || indices.Shape.Rank != 1)
            throw new ShapeException("GatherLabels", $"labels are {labels.Shape} and indices {indices.Shape} but must be [M] and [B].");
        var device = labels.Device;
        var y = device.New(indices.Shape, DType.Int32);
        if (device is CpuDevice) ImagesCpu.GatherLabels(labels, indices, y);
        else ImagesGpu.On(device).GatherLabels(labels, indices, y);
        return y;
    }
}

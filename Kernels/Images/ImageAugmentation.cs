namespace LpcEngine.Kernels;

/// <summary>What happens to training images at random.</summary>
public enum ImageAugmentation
{
    /// <summary>Nothing: images are only normalised. Evaluation, and training without augmentation.</summary>
    None,

    /// <summary>
    /// A crop of the image's own size from the image with 4 pixels of zeros around it (zeros after normalisation: the mean colour).
    /// </summary>
    Crop,

    /// <summary>A horizontal flip with probability one half, then the crop.</summary>
    CropFlip,
}

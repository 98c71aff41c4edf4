namespace LpcEngine.Experiments.Data;

/// <summary>A data set ready for training.</summary>
/// <param name="Name">The name it was asked for by.</param>
/// <param name="ClassNames">The classes in the order of their labels.</param>
/// <param name="Train">Training images.</param>
/// <param name="Test">Test images, or null when there are none.</param>
/// <param name="Mean">Mean of each channel over the training images, pixels counted from 0 to 1.</param>
/// <param name="Std">Population standard deviation of each channel, in the same unit.</param>
/// <param name="Flip">Whether a mirrored image still shows its class (not so for digits).</param>
internal sealed record DataSet(
    string Name, IReadOnlyList<string> ClassNames, ImageSet Train, ImageSet? Test, float[] Mean, float[] Std, bool Flip)
{
    /// <summary>Where the images came from: a folder, an archive, a file, or a seed.</summary>
    public string Source { get; init; } = "";

    /// <summary>Number of classes.</summary>
    public int Classes => ClassNames.Count;
}

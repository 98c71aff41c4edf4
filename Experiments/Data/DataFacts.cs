namespace LpcEngine.Experiments.Data;

/// <summary>What the configuration of a run says of its data set: all but the images.</summary>
/// <param name="Name">The name it was asked for by.</param>
/// <param name="ClassNames">The classes in the order of their labels.</param>
/// <param name="Height">Rows of an image.</param>
/// <param name="Width">Columns.</param>
/// <param name="Channels">Colours.</param>
/// <param name="Mean">Mean of each channel over the training images, pixels counted from 0 to 1.</param>
/// <param name="Std">Population standard deviation of each channel, in the same unit.</param>
/// <param name="Flip">Whether a mirrored image still shows its class.</param>
/// <param name="Digest">Of all pixels and labels (<see cref="DataSet.Digest"/>).</param>
/// <param name="TrainImages">Training images.</param>
/// <param name="TestImages">Test images; 0 when there are none.</param>
internal sealed record DataFacts(
    string Name, IReadOnlyList<string> ClassNames, int Height, int Width, int Channels, float[] Mean, float[] Std, bool Flip, string Digest, int TrainImages, int TestImages);

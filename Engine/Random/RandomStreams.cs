namespace LpcEngine.Engine;

/// <summary>Who draws from which stream of <see cref="Philox"/>: all numbers in one place, so that no two uses of the same seed meet.</summary>
/// <remarks>The numbers are part of every result: a changed one changes every run. Within a group the seed is the same, and the streams differ.</remarks>
public static class RandomStreams
{
    // With the seed of a run.

    /// <summary>The first initial weight; each tensor that is drawn takes the next stream.</summary>
    public const uint InitialWeights = 1000;

    /// <summary>The order of the training images in epoch 0; each epoch has the stream of its number beyond.</summary>
    public const uint ImageOrder = 1 << 20;

    /// <summary>Random changes of the training images; the index is the epoch and the image. The letters "AUGM".</summary>
    public const uint ImageChanges = 0x4155474D;

    /// <summary>Which test images are attacked to measure robustness. The letters "ATTA".</summary>
    public const uint AttackedImages = 0x41545441;

    /// <summary>Where an attack on an image starts; each restart has the next stream. The letters "ATTS".</summary>
    public const uint AttackStarts = 0x41545453;

    /// <summary>Noise on test images, to measure robustness; each draw has the next stream. The letters "NOIS".</summary>
    public const uint TestNoise = 0x4E4F4953;

    // With the seed of a drawn data set.

    /// <summary>Keys of the training images of a drawn data set.</summary>
    public const uint DrawnTrainImages = 0;

    /// <summary>Keys of the test images of a drawn data set.</summary>
    public const uint DrawnTestImages = 1;

    /// <summary>Centres of the classes of drawn points.</summary>
    public const uint DrawnCentres = 2;

    /// <summary>Distances of drawn points from their centres.</summary>
    public const uint DrawnPoints = 3;

    // With the key of a drawn image as the seed.

    /// <summary>What a drawn image shows.</summary>
    public const uint DrawnScene = 0;

    /// <summary>The noise on a drawn image.</summary>
    public const uint DrawnNoise = 1;

    // With seed 0, for pictures of results.

    /// <summary>Where the search for the first direction of largest variance starts; each further direction has the next stream.</summary>
    public const uint StartDirections = 0;
}

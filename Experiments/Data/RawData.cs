namespace LpcEngine.Experiments.Data;

/// <summary>What a reader hands over: every image that the files hold.</summary>
/// <param name="ClassNames">Names in the order of the labels.</param>
/// <param name="Train">All training images.</param>
/// <param name="Test">All test images.</param>
internal sealed record RawData(IReadOnlyList<string> ClassNames, ImageSet Train, ImageSet? Test);

/// <summary>The files of one data set, found but not yet read.</summary>
internal interface IDataFiles
{
    /// <summary>The archive or folder, for messages.</summary>
    string Source { get; }

    /// <summary>The paths that will be read.</summary>
    IReadOnlyList<string> Paths { get; }

    /// <summary>Reads all images.</summary>
    RawData Read();
}

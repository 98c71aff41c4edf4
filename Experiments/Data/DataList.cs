namespace LpcEngine.Experiments.Data;

/// <summary>One line of <c>data list</c>.</summary>
/// <param name="Info">What is known of the set.</param>
/// <param name="Source">Where its files lie; null when they are not there.</param>
internal sealed record DataListing(DataSetInfo Info, string? Source);

/// <summary><c>data list</c>: what is known and what is there.</summary>
internal static class DataList
{
    /// <summary>All named data sets with the place where each was found.</summary>
    public static IReadOnlyList<DataListing> Describe(DataOptions options) =>
        [.. DataCatalogue.All.Select(info => new DataListing(info, info.IsSynthetic ? null : DataLocator.Find(info, options)?.Source))];

    /// <summary>Prints them as plain lines.</summary>
    public static void Print(IReadOnlyList<DataListing> listings, string directory, TextWriter output)
    {
        output.WriteLine($"Data directory: {directory}");
        foreach (var (info, source) in listings)
        {
            string state = info.IsSynthetic ? "computed" : source ?? $"not here (data get {info.Name}, {Math.Max(1, info.Files.Sum(f => f.Bytes) / 1_000_000)} MB)";
            output.WriteLine($"{info.Name,-14} {info.Classes,4} classes  {info.Train,6} + {info.Test,-6} {info.Height}×{info.Width}×{info.Channels}  {info.Description}");
            output.WriteLine($"{"",-14} {state}");
        }

        output.WriteLine($"{"folder:PATH",-14} your own images: PATH/train/CLASS/*.png (or jpg, jpeg, bmp, webp) of any size, optionally PATH/test/CLASS/*.png");
        output.WriteLine($"{"tensors:FILE",-14} your own images: safetensors with images [N, C, H, W] F32 or U8, labels [N] I64, optionally test_images, test_labels");
    }
}

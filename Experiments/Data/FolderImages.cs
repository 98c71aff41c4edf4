using LpcEngine.Engine;

namespace LpcEngine.Experiments.Data;

/// <summary>Reads many image files on all cores.</summary>
/// <param name="Pixels">Images of height × width × 3 bytes in the order of the files; zeros where one could not be read.</param>
/// <param name="Sizes">The sizes of the files' images.</param>
/// <param name="Failures">Files that could not be read, in their order, and why.</param>
internal sealed record FolderImages(byte[] Pixels, ImageSize[] Sizes, IReadOnlyList<(int File, string Reason)> Failures)
{
    /// <summary>Reads files. Memory: the result, and at most a gigabyte of images that are being decoded, or one larger image.</summary>
    /// <param name="files">The files.</param>
    /// <param name="width">Columns of each image.</param>
    /// <param name="height">Rows.</param>
    /// <param name="all">Whether to go on behind a file that cannot be read; otherwise the first one (in their order, whatever the threads do) is the only failure.</param>
    /// <param name="asSeen">Turned as the camera says.</param>
    /// <exception cref="UserErrorException">The images are too many for one array.</exception>
    public static FolderImages Read(IReadOnlyList<string> files, int width, int height, bool all = false, bool asSeen = false)
    {
        var length = width * height * 3;
        if ((long)files.Count * length > Array.MaxLength)
            throw new UserErrorException($"{files.Count} images of {width}×{height} are more than one array can hold; take at most {Array.MaxLength / length} (--train-size and --test-size take the first of each class), or smaller ones.");
        var pixels = new byte[files.Count * length];
        var sizes = new ImageSize[files.Count];
        List<(int File, string Reason)> failures = [];
        var budget = new PixelBudget(ImageReader.MostPixels);
        Parallel.For(0, files.Count, () => new ImageReader(width, height, budget), (i, loop, reader) =>
        {
            try
            {
                sizes[i] = reader.Read(files[i], pixels.AsSpan(i * length, length), asSeen);
            }
            catch (UserErrorException problem)
            {
                lock (failures) failures.Add((i, problem.Message));
                if (!all) loop.Break(); // those before it are still read
            }
            return reader;
        }, reader => reader.Dispose());
        failures.Sort();
        return new(pixels, sizes, all ? failures : [.. failures.Take(1)]);
    }
}

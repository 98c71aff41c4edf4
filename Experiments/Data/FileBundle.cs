using System.IO.Compression;
using LpcEngine.Engine;

namespace LpcEngine.Experiments.Data;

/// <summary>
/// Several named files that lie in a folder or in a tar archive (plain or gzip). Archives are read as a stream into memory; nothing is
/// unpacked, so their paths cannot reach anywhere.
/// </summary>
internal static class FileBundle
{
    /// <summary>No file of a known data set is near this size; a larger one is an accident or an attack.</summary>
    public const long MaximumFile = 512L << 20;

    // Nor is an archive; a small one can unpack to a thousand times its size, which takes its time even when nothing of it is kept.
    private const long MaximumArchive = 4L * MaximumFile;

    /// <summary>Reads those of <paramref name="names"/> that are there, keyed by file name.</summary>
    /// <param name="path">A folder, or a .tar or .tar.gz file.</param>
    /// <param name="names">File names without folders.</param>
    /// <exception cref="UserErrorException">The archive is damaged, or a file cannot be read.</exception>
    public static Dictionary<string, byte[]> Read(string path, IReadOnlyCollection<string> names) =>
        Directory.Exists(path) ? ReadFolder(path, names) : ReadArchive(path, names);

    private static Dictionary<string, byte[]> ReadFolder(string folder, IReadOnlyCollection<string> names)
    {
        var contents = new Dictionary<string, byte[]>();
        foreach (string name in names)
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path))
            {
                using var stream = BoundedStream.Open(path);
                try
                {
                    contents[name] = BoundedStream.ReadAll(stream, MaximumFile) ?? throw TooLarge(path);
                }
                catch (IOException e)
                {
                    throw new UserErrorException($"Cannot read {path}: {e.Message.ReplaceLineEndings(" ")}");
                }
            }
        }

        return contents;
    }

    private static Dictionary<string, byte[]> ReadArchive(string archive, IReadOnlyCollection<string> names)
    {
        var contents = new Dictionary<string, byte[]>();
        using var file = BoundedStream.Open(archive);
        try
        {
            bool zipped = BoundedStream.IsGzip(file);
            using Stream? unzipping = zipped ? new GZipStream(file, CompressionMode.Decompress, leaveOpen: true) : null;
            using var content = new LimitedStream(unzipping ?? file, MaximumArchive);
            var tar = new TarFiles(content);
            while (tar.Next())
            {
                if (!names.Contains(tar.Name))
                {
                    continue;
                }

                if (contents.ContainsKey(tar.Name))
                {
                    throw new UserErrorException($"{archive} holds {tar.Name} twice. Replace it by a sound archive.");
                }

                contents[tar.Name] = tar.Read(MaximumFile) ?? throw TooLarge($"{archive}: {tar.Name}");
            }

            if (zipped)
            {
                content.CopyTo(Stream.Null); // gzip's checksum stands at its end
            }

            if (content.IsExceeded)
            {
                throw new UserErrorException($"{archive} unpacks to more than {MaximumArchive >> 20} MiB, far more than the data set. Replace it by the published one.");
            }
        }
        catch (Exception e) when (BoundedStream.IsDamage(e))
        {
            throw Damaged(archive);
        }

        return contents;
    }

    private static UserErrorException Damaged(string archive) =>
        new($"{archive} is truncated or damaged: it cannot be read to its end. Delete it and download it again (data get).");

    private static UserErrorException TooLarge(string path) =>
        new($"{path} has more than {MaximumFile >> 20} MiB, far more than the data set's own file. Replace it by the published one.");
}

using System.Formats.Tar;
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
            using var unzipped = BoundedStream.IsGzip(file) ? new GZipStream(file, CompressionMode.Decompress, leaveOpen: true) : (Stream)file;
            using var tar = new TarReader(unzipped, leaveOpen: true);
            while (tar.GetNextEntry() is { } entry)
            {
                string name = entry.Name[(entry.Name.LastIndexOf('/') + 1)..];
                bool regular = entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile;
                if (!regular || !names.Contains(name))
                {
                    continue;
                }

                byte[] content = entry.DataStream is { } data
                    ? BoundedStream.ReadAll(data, MaximumFile) ?? throw TooLarge($"{archive}: {name}")
                    : [];
                if (content.Length != entry.Length)
                {
                    throw Damaged(archive);
                }

                if (!contents.TryAdd(name, content))
                {
                    throw new UserErrorException($"{archive} holds {name} twice. Replace it by a sound archive.");
                }
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

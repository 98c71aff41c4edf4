using LpcEngine.Engine;

namespace LpcEngine.Experiments.Data;

/// <summary>Finds a data set's files in the data directory, however they lie there.</summary>
internal static class DataLocator
{
    private const string DebianFashion = "/usr/share/datasets/fashion-mnist";

    /// <summary>The files, unread, or null when they are not there.</summary>
    public static IDataFiles? Find(DataSetInfo info, DataOptions options) =>
        info.Files.Count == 1 ? FindCifar(info, options) : FindMnist(info, options);

    /// <summary>The folder that a fetch puts files into.</summary>
    public static string FetchFolder(DataSetInfo info, DataOptions options) =>
        info.Files.Count == 1 ? options.ResolveDirectory() : Path.Combine(options.ResolveDirectory(), info.Name);

    /// <summary>The error for files that are not there: which, where to put them, and what needs none.</summary>
    public static UserErrorException Missing(DataSetInfo info, DataOptions options, string why)
    {
        string folder = FetchFolder(info, options);
        string files = string.Join(", ", info.Files.Select(f => f.Name));
        return new UserErrorException($"{info.Name} is not in {options.ResolveDirectory()} {why}: put {files} into {folder} or give --data-dir.{Hint(info, options)} synthetic10 and synthetic100 need no files.");
    }

    /// <summary>A word about a file that is nearly the right one.</summary>
    public static string Hint(DataSetInfo info, DataOptions options)
    {
        if (info.Files.Count > 1)
        {
            return "";
        }

        foreach (string folder in Folders(info, options))
        {
            string xz = Path.Combine(folder, $"cifar-{info.Classes}-binary.tar.xz"), python = Path.Combine(folder, $"cifar-{info.Classes}-python.tar.gz");
            if (File.Exists(xz))
            {
                return $" ({xz} is there, but xz is not read directly: tar xJf {xz} -C {folder}).";
            }

            if (File.Exists(python))
            {
                return $" ({python} is there, but that is the version for Python; the one named binary is read).";
            }
        }

        return "";
    }

    private static CifarData? FindCifar(DataSetInfo info, DataOptions options)
    {
        foreach (string folder in Folders(info, options))
        {
            // An unpacked folder goes before an archive: it is the quicker to read, and whoever unpacked one means it.
            string[] folders = [Path.Combine(folder, CifarData.Folder(info)), folder];
            string? source = folders.FirstOrDefault(f => File.Exists(Path.Combine(f, CifarData.Landmark(info))))
                ?? CifarData.Archives(info).Select(a => Path.Combine(folder, a)).FirstOrDefault(File.Exists);
            if (source is not null)
            {
                return new CifarData(info, source);
            }
        }

        return null;
    }

    private static MnistData? FindMnist(DataSetInfo info, DataOptions options)
    {
        string directory = options.ResolveDirectory();
        string torchvision = Path.Combine(directory, info.Name == "mnist" ? "MNIST" : "FashionMNIST", "raw");

        // The named sub folder first: MNIST's files and Fashion-MNIST's have the same names.
        IEnumerable<string> folders = [Path.Combine(directory, info.Name), torchvision, directory];
        if (info.Name == "fashion-mnist")
        {
            folders = folders.Append(DebianFashion);
        }

        return folders.Select(f => MnistData.FindIn(info, f)).FirstOrDefault(f => f is not null);
    }

    private static string[] Folders(DataSetInfo info, DataOptions options)
    {
        string directory = options.ResolveDirectory();
        return [directory, Path.Combine(directory, info.Name)];
    }
}

using LpcEngine.Engine;

namespace LpcEngine.Experiments.Data;

/// <summary>
/// A user's own image files: <c>train/&lt;class&gt;/…</c> and optionally <c>test/&lt;class&gt;/…</c>, of any sizes and kinds of colour, read as torchvision's
/// <c>ImageFolder</c> with <c>Resize(n)</c> and <c>CenterCrop(n)</c> does.
/// </summary>
internal static class FolderData
{
    /// <summary>Side of the images where nothing else is said: CIFAR's, for which the networks are made.</summary>
    public const int StandardSide = 32;

    private const int LargestSide = 4096;
    private const string Layout = "train/CLASS/*.png (or jpg, jpeg, bmp, webp) and test/CLASS/*.png";

    /// <summary>Loads a folder as a data set.</summary>
    /// <param name="name">What the data set was asked for by.</param>
    /// <param name="path">The folder.</param>
    /// <param name="options">Which of its images, and how large.</param>
    /// <param name="findings">Collects what a check wants to know; files that cannot be read are then left out. Null: such a file is an error.</param>
    /// <exception cref="UserErrorException">The folder is not of this layout, or a file cannot be read.</exception>
    public static DataSet Load(string name, string path, DataOptions options, FolderFindings? findings = null)
    {
        RequireFolder(path);
        var train = Classes(path, "train");
        string[] names = [.. train.Select(c => c.Name)];
        if (options.Classes is { } classes && classes != names.Length)
            throw new UserErrorException($"{name} has {names.Length} classes, not {classes}; leave --classes out (it is for tensors: files).");
        var test = Exists(Path.Combine(path, "test")) ? Classes(path, "test") : null;
        if (test is not null) RequireKnown(path, test, names);
        var side = options.ImageSide ?? StandardSide;
        if (side is < 1 or > LargestSide) throw new UserErrorException($"--image-size {side}: must be from 1 to {LargestSide} pixels.");

        var trainFiles = LabelledFiles.Of(train, names);
        var division = HeldOut.Divide(trainFiles.Labels, options, names);
        var trainImages = Read(trainFiles.Select(division.Train), side, findings);
        var validation = division.Validation is { } held ? Read(trainFiles.Select(held), side, findings) : null;
        var testFiles = test is null ? null : LabelledFiles.Of(test, names);
        var testImages = testFiles is null ? null : Read(testFiles.Select(ImageSet.FirstOfEachClass(testFiles.Labels, options.TestPerClass, names.Length)), side, findings);
        if (findings is not null) Note(path, train, test, findings);
        var (mean, std) = ImageStatistics.ForNormalising(trainImages);
        return new DataSet(name, names, trainImages, testImages, mean, std, Flip: true) { Source = path, Validation = validation };
    }

    private static void RequireFolder(string path)
    {
        if (path.Length == 0 || path.Contains('\0')) throw new UserErrorException("folder: needs a folder, for example folder:images.");
        if (File.Exists(path)) throw new UserErrorException($"{path} is a file; folder: takes a folder that holds {Layout}. Unpack an archive first.");
        if (!Directory.Exists(path)) throw new UserErrorException($"There is no folder {path}; folder: takes one that holds {Layout}.");
    }

    private static bool Exists(string folder) => Directory.Exists(folder)
        || (File.Exists(folder) ? throw new UserErrorException($"{folder} is a file; it must be a folder that holds a folder of images for each class.") : false);

    // Every class of a split, none of them empty; of the training split at least two.
    private static IReadOnlyList<FolderClass> Classes(string path, string split)
    {
        var folder = Path.Combine(path, split);
        if (!Exists(folder)) throw new UserErrorException($"{path} has no folder {split}; it must hold {Layout}. {Instead(path)}");
        var classes = ImageFolder.Classes(folder);
        if (classes.All(c => c.Files.Count == 0))
        {
            var loose = ImageFolder.Loose(folder);
            var hint = loose.Count > 0 ? $"Its {loose.Count} image files lie in no class: put each into a folder of its class's name, as {split}/CLASS/{Path.GetFileName(loose[0])}." : $"It must be {Layout}.{Unread(classes.SelectMany(c => c.Others))}";
            throw new UserErrorException($"{folder} holds no images in {(classes.Count == 0 ? "class folders" : $"its {classes.Count} class folders")}. {hint}");
        }
        if (classes.FirstOrDefault(c => c.Files.Count == 0) is { } empty)
            throw new UserErrorException($"{Path.Combine(folder, empty.Name)} holds no images: an empty class. Put images into it, or delete the folder.{Unread(empty.Others)}");
        if (split == "train" && classes.Count == 1)
            throw new UserErrorException($"{folder} has one class alone ({classes[0].Name}); a classifier needs at least two.");
        return classes;
    }

    private static void RequireKnown(string path, IReadOnlyList<FolderClass> test, string[] names)
    {
        if (test.FirstOrDefault(c => !names.Contains(c.Name)) is { } stranger)
            throw new UserErrorException($"{Path.Combine(path, "test", stranger.Name)} is a class that {Path.Combine(path, "train")} lacks; every class needs training images. train has {Some(names)}.");
    }

    private static string Instead(string path)
    {
        string[] entries = [.. Directory.GetFileSystemEntries(path).Select(e => Path.GetFileName(e)).Order(CodePointOrder.Instance)];
        if (Path.GetFileName(Path.TrimEndingDirectorySeparator(path)) is "train" or "test") return "Give the folder above it.";
        return entries.Length == 0 ? "It is empty." : $"It holds {Some(entries)}.";
    }

    private static string Unread(IEnumerable<string> others)
    {
        string[] files = [.. others];
        return files.Length == 0 ? "" : $" ({files.Length} files there are not of a name that is read, the first {Path.GetFileName(files[0])}.)";
    }

    private static string Some(string[] names) => names.Length <= 6 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(6))} and {names.Length - 6} more";

    private static ImageSet Read(LabelledFiles chosen, int side, FolderFindings? findings)
    {
        var read = FolderImages.Read(chosen.Files, side, side, all: findings is not null);
        if (findings is null && read.Failures.Count > 0) throw new UserErrorException(read.Failures[0].Reason);
        var images = new ImageSet(chosen.Files.Count, side, side, 3, read.Pixels, null, chosen.Labels);
        if (findings is null) return images;
        findings.Unreadable.AddRange(read.Failures.Select(failure => failure.Reason));
        var failed = read.Failures.Select(failure => failure.File).ToHashSet();
        findings.Sizes.AddRange(read.Sizes.Where((_, i) => !failed.Contains(i)));
        if (failed.Count == chosen.Files.Count) throw new UserErrorException($"None of {failed.Count} images can be read; the first: {read.Failures[0].Reason}");
        return failed.Count == 0 ? images : images.Select([.. Enumerable.Range(0, images.Count).Where(i => !failed.Contains(i))]);
    }

    private static void Note(string path, IReadOnlyList<FolderClass> train, IReadOnlyList<FolderClass>? test, FolderFindings findings)
    {
        string[] others = [.. train.Concat(test ?? []).SelectMany(c => c.Others)];
        if (others.Length > 0) findings.Notes.Add($"{others.Length} files are not of a name that is read ({string.Join(" ", ImageReader.Extensions)}) and are left out, the first {others[0]}");
        foreach (var split in (string[])["train", "test"])
        {
            var folder = Path.Combine(path, split);
            if (Directory.Exists(folder) && ImageFolder.Loose(folder) is { Count: > 0 } loose)
                findings.Notes.Add($"{loose.Count} images lie in no class and are left out, the first {loose[0]}");
        }
        if (test is null && ((string[])["val", "valid", "validation", "Test"]).FirstOrDefault(other => Directory.Exists(Path.Combine(path, other))) is { } found)
            findings.Notes.Add($"the folder {found} is not read; call it test to measure on it");
    }

    // Files with the classes that they belong to.
    private sealed record LabelledFiles(IReadOnlyList<string> Files, int[] Labels)
    {
        public static LabelledFiles Of(IReadOnlyList<FolderClass> classes, string[] names)
        {
            var all = classes.SelectMany(c => c.Files.Select(file => (File: file, Label: Array.IndexOf(names, c.Name)))).ToArray();
            return new([.. all.Select(entry => entry.File)], [.. all.Select(entry => entry.Label)]);
        }

        public LabelledFiles Select(int[] indices) => new([.. indices.Select(i => Files[i])], [.. indices.Select(i => Labels[i])]);
    }
}

/// <summary>What <c>data check</c> tells of a folder of images beside its data set.</summary>
internal sealed class FolderFindings
{
    /// <summary>A line for each file that cannot be read: which, and why.</summary>
    public List<string> Unreadable { get; } = [];

    /// <summary>The sizes of all images that were read.</summary>
    public List<ImageSize> Sizes { get; } = [];

    /// <summary>What a user should know, one sentence each.</summary>
    public List<string> Notes { get; } = [];
}

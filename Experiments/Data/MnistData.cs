using LpcEngine.Engine;

namespace LpcEngine.Experiments.Data;

/// <summary>MNIST and Fashion-MNIST: four idx files with the same names in both.</summary>
internal sealed class MnistData(DataSetInfo info, string folder, IReadOnlyList<string> paths) : IDataFiles
{
    private static readonly string[] FashionNames =
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

    // How the training labels begin. The two sets share their file names, so a mix-up would train on the wrong images in silence.
    private static readonly byte[] DigitsBegin = [5, 0, 4, 1, 9, 2, 1, 3, 1, 4];
    private static readonly byte[] FashionBegin = [9, 0, 0, 3, 0, 2, 7, 2, 5, 5];

    /// <inheritdoc/>
    public string Source => folder;

    /// <inheritdoc/>
    public IReadOnlyList<string> Paths => paths;

    /// <summary>The four files in one folder (gzip or unpacked, dash or dot before "idx"), or null when one is missing.</summary>
    public static MnistData? FindIn(DataSetInfo info, string folder)
    {
        string[] found = [.. info.Files.Select(f => Spellings(f.Name).Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists) ?? "")];
        return found.Contains("") ? null : new MnistData(info, folder, found);
    }

    /// <inheritdoc/>
    public RawData Read()
    {
        var train = ReadSplit(paths[0], paths[1]);
        var test = ReadSplit(paths[2], paths[3]);
        if ((train.Height, train.Width) != (test.Height, test.Width))
        {
            throw new UserErrorException($"{paths[0]} has images of {train.Height}×{train.Width}, but {paths[2]} of {test.Height}×{test.Width}; they must be of one size.");
        }

        RefuseSibling(train);
        return new RawData(info.Name == "mnist" ? [.. Enumerable.Range(0, 10).Select(i => i.ToString())] : FashionNames, train, test);
    }

    private static IEnumerable<string> Spellings(string name)
    {
        string plain = name[..^".gz".Length], dotted = plain.Replace("-idx", ".idx", StringComparison.Ordinal);
        return [name, plain, dotted + ".gz", dotted];
    }

    private ImageSet ReadSplit(string imagePath, string labelPath)
    {
        byte[] labels = IdxFile.ReadLabels(labelPath);
        var (count, height, width, pixels) = IdxFile.ReadImages(imagePath);
        if (labels.Length != count)
        {
            throw new UserErrorException($"{imagePath} has {count} images, but {labelPath} has {labels.Length} labels; they must be of one set.");
        }

        int wrong = Array.FindIndex(labels, l => l >= info.Classes);
        if (wrong >= 0)
        {
            throw new UserErrorException($"{labelPath}: label {wrong} is {labels[wrong]}, but {info.Name} has labels 0 to {info.Classes - 1}. The file is damaged or of another data set.");
        }

        return new ImageSet(count, height, width, 1, pixels, null, [.. labels.Select(l => (int)l)]);
    }

    private void RefuseSibling(ImageSet train)
    {
        var (siblingBegin, sibling) = info.Name == "mnist" ? (FashionBegin, "Fashion-MNIST's") : (DigitsBegin, "MNIST's");
        if (train.Count >= siblingBegin.Length && siblingBegin.Select((l, i) => train.Labels[i] == l).All(same => same))
        {
            throw new UserErrorException($"The files in {folder} are {sibling}, not those of {info.Name}. Put the right ones into a sub folder {info.Name}.");
        }
    }
}

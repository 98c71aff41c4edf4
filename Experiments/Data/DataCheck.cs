namespace LpcEngine.Experiments.Data;

/// <summary>A file that a data set was read from.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Md5">Its checksum.</param>
/// <param name="Published">The published checksum of the file of that name, or null when none was published.</param>
internal sealed record CheckedFile(string Path, long Bytes, string Md5, string? Published)
{
    /// <summary>Whether the checksum is the published one; null when there is nothing to compare with.</summary>
    public bool? Equal => Published is null ? null : Published == Md5;
}

/// <summary>What <c>data check</c> found.</summary>
/// <param name="Data">The data set, read and found sound.</param>
/// <param name="Files">Its files; none for computed sets.</param>
/// <param name="TrainCounts">Training images of each class.</param>
/// <param name="TestCounts">Test images of each class, or null.</param>
/// <param name="Notes">What a user should know, one sentence each.</param>
internal sealed record DataReport(
    DataSet Data, IReadOnlyList<CheckedFile> Files, int[] TrainCounts, int[]? TestCounts, IReadOnlyList<string> Notes)
{
    /// <summary>What was found in a folder of images; null for other data sets.</summary>
    public FolderFindings? Folder { get; init; }
}

/// <summary>
/// <c>data check</c>: reads everything and tells what is there. Damage is an error; a differing checksum is only told. Of a folder of images every file that
/// cannot be read is named.
/// </summary>
internal static class DataCheck
{
    /// <summary>Checks a data set without fetching anything.</summary>
    /// <exception cref="Engine.UserErrorException">It is missing or damaged.</exception>
    public static DataReport Run(string name, DataOptions options)
    {
        var info = DataCatalogue.Find(name);
        List<CheckedFile> files = [];
        if (info is { IsSynthetic: false })
        {
            var found = DataLocator.Find(info, options) ?? throw DataLocator.Missing(info, options, $"(data get {name} fetches it)");
            files.AddRange(found.Paths.Where(File.Exists).Select(p => Describe(info, p)));
        }

        var findings = DataSets.IsFolder(name) ? new FolderFindings() : null;
        var data = findings is null ? DataSets.Load(name, options) : FolderData.Load(name, name[DataSets.FolderPrefix.Length..], options, findings);
        if (info is null && findings is null)
        {
            files.Add(new CheckedFile(data.Source, new FileInfo(data.Source).Length, Checksum.Md5(data.Source), null));
        }

        int[] train = data.Train.ClassCounts(data.Classes);
        int[]? test = data.Test?.ClassCounts(data.Classes);
        return new DataReport(data, files, train, test, [.. Notes(info, data, files, train, test), .. findings?.Notes ?? []]) { Folder = findings };
    }

    /// <summary>Prints a report as plain lines.</summary>
    public static void Print(DataReport report, TextWriter output)
    {
        var data = report.Data;
        string state = report.Folder is { Unreadable.Count: > 0 } damaged ? $"damaged ({damaged.Unreadable.Count} files cannot be read)" : "sound";
        output.WriteLine($"{data.Name}: {state}, from {data.Source}");
        foreach (var file in report.Files)
        {
            string verdict = file.Equal switch { true => "equals the published one", false => $"differs from the published {file.Published}", null => "none published" };
            output.WriteLine($"  {file.Path}  {file.Bytes} bytes  md5 {file.Md5}, {verdict}");
        }

        PrintSplit("train", data.Train, report.TrainCounts, data.ClassNames, output);
        if (data.Test is { } test)
        {
            PrintSplit("test", test, report.TestCounts!, data.ClassNames, output);
        }

        if (data.Train.Bytes is null)
        {
            output.WriteLine("  float pixels, used as they are");
        }
        else
        {
            output.WriteLine($"  channel means {Join(data.Mean)}, deviations {Join(data.Std)} (pixels from 0 to 1)");
        }

        if (report.Folder is { } folder)
        {
            output.WriteLine($"  image files: {Describe(folder.Sizes)}; scaled and cropped to {data.Train.Width}×{data.Train.Height}");
        }

        foreach (string file in report.Folder?.Unreadable ?? [])
        {
            output.WriteLine($"  unreadable: {file}");
        }

        foreach (string note in report.Notes)
        {
            output.WriteLine(Engine.PlainText.Of($"  note: {note}"));
        }
    }

    private static void PrintSplit(string split, ImageSet images, int[] counts, IReadOnlyList<string> names, TextWriter output)
    {
        bool even = counts.Min() == counts.Max();
        string each = even ? $"{counts[0]}" : $"{counts.Min()} to {counts.Max()}";
        output.WriteLine($"  {split}: {images.Count} images of {images.Height}×{images.Width}×{images.Channels}, {each} of each class");
        output.WriteLine(Engine.PlainText.Of($"    {string.Join(", ", counts.Select((n, c) => even ? names[c] : $"{names[c]} {n}"))}"));
    }

    // The smallest and largest of each side, and what most files have.
    private static string Describe(IReadOnlyList<ImageSize> sizes)
    {
        var kinds = sizes.GroupBy(size => size).OrderByDescending(kind => kind.Count()).ThenBy(kind => kind.Key.Pixels).ToArray();
        return kinds.Length == 1
            ? $"{sizes.Count}, all of {kinds[0].Key} pixels"
            : $"{sizes.Count} of {kinds.Length} sizes, {sizes.Min(s => s.Width)} to {sizes.Max(s => s.Width)} pixels wide and {sizes.Min(s => s.Height)} to {sizes.Max(s => s.Height)} high, most often {string.Join(", ", kinds.Take(3).Select(kind => $"{kind.Key} ({kind.Count()})"))}";
    }

    private static string Join(float[] values) => string.Join(" ", values.Select(v => v.ToString("F5", System.Globalization.CultureInfo.InvariantCulture)));

    private static CheckedFile Describe(DataSetInfo info, string path) => new(
        path,
        new FileInfo(path).Length,
        Checksum.Md5(path),
        info.Files.FirstOrDefault(f => f.Name == Path.GetFileName(path))?.Md5);

    private static IEnumerable<string> Notes(DataSetInfo? info, DataSet data, List<CheckedFile> files, int[] train, int[]? test)
    {
        if (files.Any(f => f.Equal == false))
        {
            yield return "a checksum differs from the published one; for a subset or a repacked archive that is expected";
        }

        if (info is { IsSynthetic: false } && (data.Train.Count != info.Train || data.Test?.Count != info.Test))
        {
            yield return $"the full set has {info.Train} + {info.Test} images, this one has {data.Train.Count} + {data.Test?.Count ?? 0}";
        }

        string[] empty = [.. data.ClassNames.Where((_, c) => train[c] == 0)];
        if (empty.Length > 0)
        {
            yield return $"no training images of {string.Join(", ", empty)}";
        }

        if (test is not null && data.ClassNames.Where((_, c) => test[c] == 0).ToArray() is { Length: > 0 } untested)
        {
            yield return $"no test images of {string.Join(", ", untested)}";
        }

        if (data.Test is null)
        {
            yield return "there is no test split: accuracy can be measured on the training images only";
        }
    }
}

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
    DataSet Data, IReadOnlyList<CheckedFile> Files, int[] TrainCounts, int[]? TestCounts, IReadOnlyList<string> Notes);

/// <summary><c>data check</c>: reads everything and tells what is there. Damage is an error; a differing checksum is only told.</summary>
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

        var data = DataSets.Load(name, options);
        if (info is null)
        {
            files.Add(new CheckedFile(data.Source, new FileInfo(data.Source).Length, Checksum.Md5(data.Source), null));
        }

        int[] train = data.Train.ClassCounts(data.Classes);
        int[]? test = data.Test?.ClassCounts(data.Classes);
        return new DataReport(data, files, train, test, [.. Notes(info, data, files, train, test)]);
    }

    /// <summary>Prints a report as plain lines.</summary>
    public static void Print(DataReport report, TextWriter output)
    {
        var data = report.Data;
        output.WriteLine($"{data.Name}: sound, from {data.Source}");
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

        foreach (string note in report.Notes)
        {
            output.WriteLine($"  note: {note}");
        }
    }

    private static void PrintSplit(string split, ImageSet images, int[] counts, IReadOnlyList<string> names, TextWriter output)
    {
        bool even = counts.Min() == counts.Max();
        string each = even ? $"{counts[0]}" : $"{counts.Min()} to {counts.Max()}";
        output.WriteLine($"  {split}: {images.Count} images of {images.Height}x{images.Width}x{images.Channels}, {each} of each class");
        output.WriteLine($"    {string.Join(", ", counts.Select((n, c) => even ? names[c] : $"{names[c]} {n}"))}");
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

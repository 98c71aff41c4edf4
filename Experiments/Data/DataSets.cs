using LpcEngine.Engine;

namespace LpcEngine.Experiments.Data;

/// <summary>Loads a data set by the name that the command line gives it.</summary>
internal static class DataSets
{
    /// <summary>What stands before the file, or before the folder, in the name of a user's own data set.</summary>
    public const string TensorsPrefix = "tensors:", FolderPrefix = "folder:";

    // ImageNet-21k has 21,841. Names, centroids and the classifier's rows are kept for each.
    private const int MostClasses = 1_000_000;

    /// <summary>Whether a name means a file of tensors.</summary>
    public static bool IsTensors(string name) => name.StartsWith(TensorsPrefix, StringComparison.Ordinal);

    /// <summary>Whether a name means a folder of image files.</summary>
    public static bool IsFolder(string name) => name.StartsWith(FolderPrefix, StringComparison.Ordinal);

    /// <summary>Whether a name means a file or folder of the user's own, by its path.</summary>
    public static bool IsOwn(string name) => IsTensors(name) || IsFolder(name);

    /// <summary>Whether a name can mean a data set, there or not.</summary>
    public static bool IsKnown(string name) => IsOwn(name) || DataCatalogue.Find(name) is not null;

    /// <summary>Loads a data set; what is missing and published is fetched first.</summary>
    /// <exception cref="UserErrorException">Unknown name, missing, damaged or contradicting files.</exception>
    public static DataSet Load(string name, DataOptions options)
    {
        Check(name, options);
        if (IsFolder(name))
        {
            return FolderData.Load(name, name[FolderPrefix.Length..], options);
        }

        if (IsTensors(name))
        {
            return TensorData.Load(name, name[TensorsPrefix.Length..], options);
        }

        var info = DataCatalogue.Find(name)!;
        if (info.IsSynthetic)
        {
            return SyntheticData.Load(info, options);
        }

        var files = DataLocator.Find(info, options) ?? FetchAndFind(info, options);
        return Build(info, files.Read(), options) with { Source = files.Source };
    }

    /// <summary>Refuses what is wrong whatever lies on the disk, which is not looked at.</summary>
    /// <exception cref="UserErrorException">Unknown name, or an option that is out of range or not for this data set.</exception>
    public static void Check(string name, DataOptions options)
    {
        Validate(options);
        if (options.ImageSide is { } side && !IsFolder(name))
        {
            throw new UserErrorException($"--image-size {side}: {name} has images of a size of its own; leave it out (it is for folder:).");
        }

        if (IsOwn(name)) return;
        var info = DataCatalogue.Find(name) ?? throw DataCatalogue.Unknown(name);
        if (options.Classes is int classes && classes != info.Classes)
        {
            throw new UserErrorException($"{name} has {info.Classes} classes, not {classes}; leave --classes out (it is for tensors: files).");
        }
    }

    /// <summary>Cuts the splits to size and measures the channels.</summary>
    public static DataSet Build(DataSetInfo info, RawData raw, DataOptions options)
    {
        var (train, validation) = HeldOut.Divide(raw.Train, options, raw.ClassNames);
        var test = raw.Test?.FirstOfEachClass(options.TestPerClass, raw.ClassNames.Count);
        var (mean, std) = ImageStatistics.ForNormalising(train);
        return new DataSet(info.Name, raw.ClassNames, train, test, mean, std, info.Flip) { Validation = validation };
    }

    private static IDataFiles FetchAndFind(DataSetInfo info, DataOptions options)
    {
        string directory = options.ResolveDirectory();
        long megabytes = Math.Max(1, info.Files.Sum(f => f.Bytes) / 1_000_000);
        if (!options.Yes && options.Confirm is { } confirm && !confirm($"{info.Name} is not in {directory}. Fetch {megabytes} MB?"))
        {
            throw DataLocator.Missing(info, options, "and it was not fetched");
        }

        DataFetch.Get(info, options, CancellationToken.None);
        return DataLocator.Find(info, options) ?? throw DataLocator.Missing(info, options, "even after it was fetched");
    }

    private static void Validate(DataOptions options)
    {
        AtLeastOne(options.TrainPerClass, "--train-size");
        AtLeastOne(options.ValidationPerClass, "--validation-size");
        AtLeastOne(options.TestPerClass, "--test-size");
        AtLeastOne(options.Classes, "--classes");
        if (options.Classes > MostClasses)
        {
            throw new UserErrorException($"--classes {options.Classes}: must be from 1 to {MostClasses}.");
        }
    }

    private static void AtLeastOne(int? value, string flag)
    {
        if (value < 1)
        {
            throw new UserErrorException($"{flag} {value}: must be at least 1.");
        }
    }
}

using System.Globalization;
using LpcEngine.Experiments.Data;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>The folder of a run that names none: what its command line says beyond the preset stands in the name, so that two runs never meet in one folder by accident.</summary>
internal static class RunName
{
    // A name that grows longer than this ends in a fingerprint of the rest.
    private const int LongestName = 120;

    /// <summary>Where runs go that name no folder.</summary>
    public const string DefaultRoot = "runs";

    /// <summary>&lt;root&gt;/&lt;data set&gt;/&lt;variant&gt;/&lt;name&gt;.</summary>
    public static string Folder(RunConfig config, TrainOptions options, Preset preset, Variant variant, DataFacts data, string root = DefaultRoot)
    {
        var plain = RunConfig.From(new TrainOptions { DataSet = options.DataSet, Variant = options.Variant }, preset, variant, data);
        var name = string.Create(CultureInfo.InvariantCulture, $"{config.Preset}-{config.Backbone}-w{config.Width}-lr{config.Rate.Base:g}-seed{config.Seed}");
        foreach (var setting in RunSetting.All.Where(setting => setting.InName && setting.Text(config) != setting.Text(plain)))
            name += $"-{setting.Flag.TrimStart('-')}{Clean(setting.Text(config))}";
        if (options.TrainSize is { } train) name += $"-train-size{train}";
        if (options.TestSize is { } test) name += $"-test-size{test}";
        if (options.ImageSize is { } side) name += $"-image-size{side}";
        if (name.Length > LongestName) name = name[..(LongestName - 9)] + "-" + Fingerprint(name);
        return Path.Combine(root, DataSetName(config.DataSet), config.Variant, name);
    }

    /// <summary>A data set's name as a part of a path: of a user's own file or folder, its name without what stands around it.</summary>
    public static string DataSetName(string dataSet) => DataSets.IsTensors(dataSet) ? "tensors-" + Path.GetFileNameWithoutExtension(dataSet[DataSets.TensorsPrefix.Length..])
        : DataSets.IsFolder(dataSet) ? "folder-" + Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(dataSet[DataSets.FolderPrefix.Length..])))
        : dataSet;

    // A path as a value stands for its file's name.
    private static string Clean(string value) =>
        string.Concat(Path.GetFileName(value).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '+' ? c : '_'));

    /// <summary>Eight digits that stand for a longer text.</summary>
    public static string Fingerprint(string text) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)))[..8];
}

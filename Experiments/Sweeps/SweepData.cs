using LpcEngine.Engine;
using LpcEngine.Experiments.Commands;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>What a sweep's status needs to know of the data set, which need not be here: the names of run folders depend on its classes.</summary>
internal static class SweepData
{
    /// <summary>From a run of the sweep; else, of a data set with a name, from what is known of it. One of the user's own is looked at where neither says anything.</summary>
    /// <param name="options">The command line.</param>
    /// <param name="preset">Its preset.</param>
    /// <exception cref="UserErrorException">No run is begun, and an own data set can't be read.</exception>
    public static DataFacts Of(SweepOptions options, Preset preset)
    {
        RunSetup.CheckData(options.Training, preset);
        return OfRuns(options) ?? (DataCatalogue.Find(options.Training.DataSet) is { } known ? Known(known) : RunSetup.LoadData(options.Training, preset).Facts);
    }

    // All runs of a sweep are about the same classes.
    private static DataFacts? OfRuns(SweepOptions options)
    {
        var root = Path.Combine(options.Root, RunName.DataSetName(options.Training.DataSet));
        if (!Directory.Exists(root)) return null;
        foreach (var variant in options.Variants.Select(variant => Path.Combine(root, variant.Name)).Where(Directory.Exists))
            foreach (var folder in Directory.EnumerateDirectories(variant).Order(StringComparer.Ordinal))
                if (Config(folder) is { } config && config.DataSet == options.Training.DataSet) return config.Facts();
        return null;
    }

    // A damaged one is told of where its run is.
    private static RunConfig? Config(string folder)
    {
        try { return RunProgress.Config(folder); }
        catch (UserErrorException) { return null; }
    }

    // No run is begun, so that nobody asks for more than how many classes there are.
    private static DataFacts Known(DataSetInfo known) => new(
        known.Name, [.. Enumerable.Range(0, known.Classes).Select(label => $"{label}")], known.Height, known.Width, known.Channels, new float[known.Channels], [.. Enumerable.Repeat(1f, known.Channels)],
        known.Flip, "", known.Train, known.Test);
}

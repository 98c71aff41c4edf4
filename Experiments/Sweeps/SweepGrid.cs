using LpcEngine.Engine;
using LpcEngine.Experiments.Commands;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>The runs of a sweep, and which of them are finished.</summary>
internal static class SweepGrid
{
    /// <summary>Makes the runs. Seed by seed: after a part of the time all variants are there, with fewer seeds.</summary>
    /// <param name="options">The command line.</param>
    /// <param name="preset">Its preset.</param>
    /// <param name="data">The data set.</param>
    /// <param name="device">The device, for what it can't hold; null where the runs' device is another machine's.</param>
    /// <exception cref="UserErrorException">A run is impossible: nothing is started then.</exception>
    public static IReadOnlyList<SweepCell> Make(SweepOptions options, Preset preset, DataSet data, Device? device)
    {
        var (facts, firstSeed) = (data.Facts, Seeds(options, preset)[0]);
        var cells = Cells(options, preset, facts, (run, folder) =>
        {
            var config = RunConfig.From(run, preset, Variants.Named(run.Variant), facts);
            // What is wrong with a run is wrong for every seed.
            if (run.Seed == firstSeed) RunSetup.CheckConfig(config, run, data, device);
            return config;
        });
        foreach (var cell in cells) LookAt(cell, options, preset, device?.Name ?? options.Training.Device);
        return cells;
    }

    /// <summary>The runs as their folders tell of them, without their data: to see where they stand.</summary>
    /// <param name="options">The command line.</param>
    /// <param name="preset">Its preset.</param>
    /// <param name="data">What is known of the data set, for the names of the folders; what a run's own folder says goes before it.</param>
    /// <exception cref="UserErrorException">The command line describes no run.</exception>
    public static IReadOnlyList<SweepCell> OfFolders(SweepOptions options, Preset preset, DataFacts data)
    {
        var damaged = new Dictionary<string, string>();
        var cells = Cells(options, preset, data, (run, folder) => RunConfig.From(run, preset, Variants.Named(run.Variant), Own(folder) ?? data));
        foreach (var cell in cells)
        {
            if (damaged.TryGetValue(cell.Folder, out var reason)) (cell.State, cell.Reason) = (CellState.Refused, reason);
            else LookAt(cell, options, preset, options.Training.Device);
        }
        return cells;

        DataFacts? Own(string folder)
        {
            try
            {
                return RunProgress.Config(folder)?.Facts();
            }
            catch (UserErrorException problem)
            {
                damaged[folder] = problem.Message.ReplaceLineEndings(" ");
                return null;
            }
        }
    }

    private static IReadOnlyList<SweepCell> Cells(SweepOptions options, Preset preset, DataFacts data, Func<TrainOptions, string, RunConfig> configOf)
    {
        var cells = new List<SweepCell>();
        foreach (var seed in Seeds(options, preset))
            foreach (var (variant, gamma) in Rows(options))
                foreach (var rate in options.Rates ?? preset.SweepRates)
                {
                    var run = options.Training with { Variant = variant.Name, Rate = rate, Seed = seed, GammaMax = gamma ?? options.Training.GammaMax };
                    var folder = RunName.Folder(RunConfig.From(run, preset, variant, data), run, preset, variant, data, options.Root);
                    var config = configOf(run, folder);
                    var steps = (long)config.Epochs * Tiling.Count(config.TrainImages, config.Batch);
                    cells.Add(new SweepCell(config, folder, Math.Min(steps, run.Steps ?? steps)) { Gamma = gamma });
                }
        return cells;
    }

    private static IReadOnlyList<long> Seeds(SweepOptions options, Preset preset) => options.Seeds ?? SweepLists.FirstSeeds(preset.SweepSeeds);

    // Without a penalty γ means nothing: such a variant has one row.
    private static IEnumerable<(Variant Variant, double? Gamma)> Rows(SweepOptions options) => options.Variants.SelectMany(variant =>
        options.Gammas is { } gammas && variant.Penalty ? gammas.Select(gamma => (variant, (double?)gamma)) : [(variant, null)]);

    // Finds what is done without starting a process for it.
    private static void LookAt(SweepCell cell, SweepOptions options, Preset preset, string device)
    {
        try
        {
            if (RunProgress.Of(cell.Folder, cell.Config) is not { } state) return;
            cell.StepsDone = state.Steps;
            var plan = MeasurementPlan.For(options.Training, preset, device, cell.Config.TestImages, state.Finished);
            if (RunProgress.Result(cell.Folder, state, options.Training.Steps, plan) is not { } summary) return;
            (cell.State, cell.Summary) = (CellState.Done, summary);
        }
        catch (UserErrorException problem)
        {
            (cell.State, cell.Reason) = (CellState.Refused, problem.Message.ReplaceLineEndings(" "));
        }
    }
}

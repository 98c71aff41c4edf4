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
        var cells = new List<SweepCell>();
        var seeds = options.Seeds ?? SweepLists.FirstSeeds(preset.SweepSeeds);
        foreach (var seed in seeds)
            foreach (var (variant, gamma) in Rows(options))
                foreach (var rate in options.Rates ?? preset.SweepRates)
                {
                    var run = options.Training with { Variant = variant.Name, Rate = rate, Seed = seed, GammaMax = gamma ?? options.Training.GammaMax };
                    var config = RunConfig.From(run, preset, variant, data);
                    // What is wrong with a run is wrong for every seed.
                    if (seed == seeds[0]) RunSetup.CheckConfig(config, run, data, device);
                    var steps = (long)config.Epochs * Tiling.Count(config.TrainImages, config.Batch);
                    cells.Add(new SweepCell(config, RunName.Folder(config, run, preset, variant, data, options.Root), Math.Min(steps, run.Steps ?? steps)) { Gamma = gamma });
                }
        LookAt(cells, options, preset, device?.Name ?? options.Training.Device);
        return cells;
    }

    // Without a penalty γ means nothing: such a variant has one row.
    private static IEnumerable<(Variant Variant, double? Gamma)> Rows(SweepOptions options) => options.Variants.SelectMany(variant =>
        options.Gammas is { } gammas && variant.Penalty ? gammas.Select(gamma => (variant, (double?)gamma)) : [(variant, null)]);

    // Finds what is done without starting a process for it.
    private static void LookAt(IReadOnlyList<SweepCell> cells, SweepOptions options, Preset preset, string device)
    {
        foreach (var cell in cells)
        {
            try
            {
                if (RunProgress.Of(cell.Folder, cell.Config) is not { } state) continue;
                cell.StepsDone = state.Steps;
                var plan = MeasurementPlan.For(options.Training, preset, device, cell.Config.TestImages, state.Finished);
                if (RunProgress.Result(cell.Folder, state, options.Training.Steps, plan) is not { } summary) continue;
                (cell.State, cell.Summary) = (CellState.Done, summary);
            }
            catch (UserErrorException problem)
            {
                (cell.State, cell.Reason) = (CellState.Refused, problem.Message.ReplaceLineEndings(" "));
            }
        }
    }
}

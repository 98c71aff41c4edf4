using LpcEngine.Engine;
using LpcEngine.Experiments.Commands;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Experiments.Sweeps;

/// <summary>The runs of a sweep, and which of them are finished.</summary>
internal static class SweepGrid
{
    /// <summary>Makes the runs. Seed by seed: after a part of the time all variants are there, with fewer seeds.</summary>
    /// <param name="options">The command line.</param>
    /// <param name="preset">Its preset.</param>
    /// <param name="data">The data set.</param>
    /// <param name="device">The device, for what it can't hold.</param>
    /// <exception cref="UserErrorException">A run is impossible: nothing is started then.</exception>
    public static IReadOnlyList<SweepCell> Make(SweepOptions options, Preset preset, DataSet data, Device device)
    {
        var cells = new List<SweepCell>();
        foreach (var seed in options.Seeds ?? SweepLists.FirstSeeds(preset.SweepSeeds))
            foreach (var variant in options.Variants)
                foreach (var rate in options.Rates ?? preset.SweepRates)
                {
                    var run = options.Training with { Variant = variant.Name, Rate = rate, Seed = seed };
                    var config = RunConfig.From(run, preset, variant, data);
                    if (cells.Count < options.Variants.Count * (options.Rates ?? preset.SweepRates).Count) RunSetup.CheckConfig(config, run, data, device);
                    var steps = (long)config.Epochs * Tiling.Count(config.TrainImages, config.Batch);
                    cells.Add(new SweepCell(config, RunName.Folder(config, run, preset, variant, data, options.Root), Math.Min(steps, run.Steps ?? steps)));
                }
        LookAt(cells, options, preset, device);
        return cells;
    }

    // Finds what is done without starting a process for it.
    private static void LookAt(IReadOnlyList<SweepCell> cells, SweepOptions options, Preset preset, Device device)
    {
        foreach (var cell in cells)
        {
            try
            {
                if (RunProgress.Of(cell.Folder, cell.Config) is not { } state) continue;
                cell.StepsDone = state.Steps;
                var plan = MeasurementPlan.For(options.Training, preset, device.Name, cell.Config.TestImages, state.Finished);
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

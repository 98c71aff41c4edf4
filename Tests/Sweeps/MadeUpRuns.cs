using System.Text.Json.Nodes;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Sweeps;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Tests.Sweeps;

/// <summary>Runs of a sweep that nobody trained.</summary>
internal static class MadeUpRuns
{
    private static readonly DataSet Data = new("synthetic10", [.. Enumerable.Range(0, 10).Select(i => $"{i}")],
        new ImageSet(10, 8, 8, 3, new byte[10 * 192], null, [.. Enumerable.Range(0, 10)]), null, [0, 0, 0], [1, 1, 1], Flip: true);

    /// <summary>A run that is not begun.</summary>
    public static SweepCell Waiting(string variant, double rate, long seed, long steps = 100)
    {
        var options = new TrainOptions { DataSet = "synthetic10", Variant = variant, Rate = rate, Seed = seed };
        return new SweepCell(RunConfig.From(options, Preset.Named("quick"), Variants.Named(variant), Data.Facts), $"runs/{variant}-{rate}-{seed}", steps);
    }

    /// <summary>A run with a result.</summary>
    public static SweepCell Done(string variant, double rate, long seed, double? test, double? validation = null, double ratio = 2, double seconds = 10)
    {
        var cell = Waiting(variant, rate, seed);
        (cell.State, cell.StepsDone) = (CellState.Done, cell.Steps);
        // Numbers as they are read from a file.
        cell.Summary = JsonNode.Parse(new JsonObject
        {
            ["test_accuracy"] = test, ["train_accuracy"] = 1.0, ["validation_accuracy"] = validation, ["seconds"] = seconds, ["steps"] = 100,
            ["train"] = new JsonObject { ["separation_ratio"] = ratio }, ["test"] = new JsonObject(),
        }.ToJsonString())!.AsObject();
        return cell;
    }

    /// <summary>A run that did not end well.</summary>
    public static SweepCell Ended(string variant, double rate, long seed, CellState state, string reason = "a reason")
    {
        var cell = Waiting(variant, rate, seed);
        (cell.State, cell.Reason) = (state, reason);
        return cell;
    }
}

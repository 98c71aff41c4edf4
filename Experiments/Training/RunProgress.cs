using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Experiments.Training;

/// <summary>How far the run in a folder is, from the heads of its files alone: no weights are read, no data, no device.</summary>
internal static class RunProgress
{
    /// <summary>Where the checkpoint of a folder stands; null without one.</summary>
    /// <param name="folder">The run folder, there or not.</param>
    /// <param name="config">What the run in it must be.</param>
    /// <exception cref="UserErrorException">The folder holds another run, or the checkpoint is damaged.</exception>
    public static RunState? Of(string folder, RunConfig config)
    {
        var path = Path.Combine(folder, RunFolder.CheckpointName);
        if (!File.Exists(path)) return null;
        using var file = SafeTensorsFile.Open(path);
        if (RunConfig.Difference(config, Checkpoint.ReadConfig(file)) is { } difference)
            throw new UserErrorException($"The folder {folder} holds another run: {difference}. Choose another folder with --out, or delete this one.");
        return Checkpoint.ReadState(file);
    }

    /// <summary>What the run in a folder is, as config.json says; null without one.</summary>
    /// <param name="folder">The run folder, there or not.</param>
    /// <exception cref="UserErrorException">It is damaged.</exception>
    public static RunConfig? Config(string folder)
    {
        var path = Path.Combine(folder, RunFolder.ConfigName);
        return RunFolder.ReadJson(path) is { } config ? RunConfig.Parse(config.ToJsonString(), path) : null;
    }

    /// <summary>The summary, if everything that a command asks for is there: a run without evaluation, or whose files were deleted, is finished anew.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="state">Where its checkpoint stands.</param>
    /// <param name="steps">After how many steps the command ends the run; null for never.</param>
    /// <param name="plan">What the command measures.</param>
    public static JsonObject? Result(string folder, RunState state, int? steps, MeasurementPlan plan)
    {
        if (!state.Finished && !(state.Steps >= steps)) return null;
        if (!File.Exists(Path.Combine(folder, RunFolder.ModelName))) return null;
        var summary = RunFolder.ReadJson(Path.Combine(folder, RunFolder.SummaryName));
        return summary is not null && plan.IsMetBy(summary) ? summary : null;
    }
}

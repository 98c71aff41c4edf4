using System.Diagnostics;
using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Screen;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>One training run from its folder's point of view: start or resume, train, evaluate, checkpoint, finish.</summary>
internal sealed class Run
{
    // Losing up to this much work to a kill is fine; writing more often is not worth the disk.
    private static readonly TimeSpan EpochCheckpointInterval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan StepCheckpointInterval = TimeSpan.FromSeconds(60);
    private const double ConvergedAccuracy = 0.999;

    // Reading the losses back makes a GPU wait; a diverged run may go on for that many steps.
    private const int DivergenceCheckSteps = 50;

    private readonly RunConfig config;
    private readonly TrainOptions options;
    private readonly RunFolder folder;
    private readonly RunScreen screen;
    private readonly Device device;
    private readonly DeviceImages train;
    private readonly DeviceImages? test;
    private readonly Trainer trainer;
    private readonly int evaluateEvery;
    private readonly CancellationToken interrupted;
    private readonly Stopwatch sinceCheckpoint = Stopwatch.StartNew();
    private RunState state = new();
    private EpochEvaluation? lastEvaluation;

    public Run(RunConfig config, TrainOptions options, DataSet data, RunFolder folder, RunScreen screen, Device device, int evaluateEvery, CancellationToken interrupted)
    {
        (this.config, this.options, this.folder, this.screen, this.device) = (config, options, folder, screen, device);
        (this.evaluateEvery, this.interrupted) = (evaluateEvery, interrupted);
        var model = new Classifier(new Initialiser(device, (ulong)config.Seed), config.BackboneSpec, config.Head, config.Penultimate, config.Classes);
        if (config.Init is not null)
        {
            using var file = SafeTensorsFile.Open(config.Init);
            ModelFile.Read(file, model);
        }
        train = new DeviceImages(device, data.Train, config.Mean, config.Std);
        test = data.Test is null ? null : new DeviceImages(device, data.Test, config.Mean, config.Std);
        trainer = new Trainer(config, model, train, device);
    }

    /// <summary>How a run ended.</summary>
    public enum End
    {
        Done,
        Interrupted,
        Diverged,
    }

    /// <summary>The summary that summary.json holds, once the run is done.</summary>
    public JsonObject? Summary { get; private set; }

    private bool StepsAreUsedUp => options.Steps is { } limit && state.Steps >= limit;

    public End Execute()
    {
        Restore();
        if ((state.Finished || StepsAreUsedUp) && folder.IsFinished)
        {
            Summary = folder.ReadSummary();
            screen.AlreadyFinished(folder.Path, config, Summary!);
            return End.Done;
        }
        folder.Rewind(state.Epoch, state.Steps);
        screen.Start(config, trainer, device, state, Plan());
        while (!state.Finished && !StepsAreUsedUp)
        {
            if (TrainEpoch() is { } early) return early;
        }
        Finish();
        return End.Done;
    }

    private void Restore()
    {
        if (!File.Exists(folder.CheckpointPath)) return;
        using var file = SafeTensorsFile.Open(folder.CheckpointPath);
        state = Checkpoint.Read(file, trainer);
    }

    // What is still to be done, timed on this device with this batch before the first step.
    private RunPlan Plan()
    {
        var secondsPerStep = trainer.TimeStep(steps: 2);
        var left = (long)config.Epochs * trainer.StepsPerEpoch - state.Steps;
        if (options.Steps is { } limit) left = Math.Min(left, limit - state.Steps);
        return new RunPlan(left, secondsPerStep, device.Statistics.KeptBytes + device.Statistics.ArenaBytes);
    }

    private End? TrainEpoch()
    {
        lastEvaluation = null;
        var watch = new Stopwatch();
        while (!trainer.EpochIsComplete && !StepsAreUsedUp)
        {
            watch.Start();
            var result = trainer.TakeStep(options.LogSteps);
            watch.Stop();
            var images = Math.Min(config.Batch, config.TrainImages - (trainer.StepOfEpoch - 1) * config.Batch);
            state = state with
            {
                StepOfEpoch = trainer.StepOfEpoch, Steps = state.Steps + 1, Images = state.Images + images, Seconds = state.Seconds + watch.Elapsed.TotalSeconds,
            };
            watch.Reset();
            if (options.LogSteps) LogStep(result);
            if (trainer.StepOfEpoch % DivergenceCheckSteps == 0 && Diverged()) return End.Diverged;
            screen.Step(trainer, state);
            // Never between an epoch's last step and its line: a checkpoint there would make a resumed run write the line twice.
            if (trainer.EpochIsComplete) break;
            if (interrupted.IsCancellationRequested || sinceCheckpoint.Elapsed > StepCheckpointInterval)
            {
                if (Diverged()) return End.Diverged;
                Save();
                if (interrupted.IsCancellationRequested) return End.Interrupted;
            }
        }
        if (Diverged()) return End.Diverged;
        if (trainer.EpochIsComplete) EndEpoch();
        if (!interrupted.IsCancellationRequested || state.Finished) return null;
        Save();
        return End.Interrupted;
    }

    private bool Diverged()
    {
        device.Synchronize();
        var tallies = Tallies.Read(trainer.Tally);
        if (double.IsFinite(tallies.Loss)) return false;
        screen.Diverged(trainer, tallies, File.Exists(folder.CheckpointPath) ? folder.CheckpointPath : null);
        return true;
    }

    private void EndEpoch()
    {
        var tallies = Tallies.Read(trainer.Tally);
        var epoch = trainer.Epoch;
        var lastEpoch = epoch == config.Epochs;
        var evaluate = !options.NoEvaluate && (lastEpoch || epoch % evaluateEvery == 0);
        lastEvaluation = evaluate ? EpochEvaluation.Run(trainer.Model, train, test, device, config) : null;
        if (state.ConvergenceEpoch is null && lastEvaluation?.Train.Scores.Accuracy > ConvergedAccuracy) state = state with { ConvergenceEpoch = epoch };
        foreach (var line in MetricLines.OfEpoch(trainer, tallies, state, lastEvaluation)) folder.Metrics.Append(line);
        screen.Epoch(trainer, tallies, state, lastEvaluation);
        if (lastEpoch)
        {
            state = state with { Finished = true };
            return;
        }
        trainer.BeginEpoch(epoch + 1);
        state = state with { Epoch = epoch + 1, StepOfEpoch = 0 };
        if (epoch == 1 || sinceCheckpoint.Elapsed > EpochCheckpointInterval) Save();
    }

    private void LogStep(StepResult result) => folder.Metrics.Append(new JsonObject
    {
        ["split"] = "step",
        ["epoch"] = trainer.Epoch,
        ["step"] = state.Steps,
        ["loss"] = result.Loss,
        ["cross_entropy"] = result.CrossEntropy,
        ["penalty"] = result.Penalty,
    }, durable: false);

    private void Save()
    {
        Checkpoint.Write(folder.CheckpointPath, trainer, config, state);
        sinceCheckpoint.Restart();
    }

    // The checkpoint that says "finished" is written last: a kill before it repeats only the evaluation.
    private void Finish()
    {
        if (!options.NoEvaluate) lastEvaluation ??= EpochEvaluation.Run(trainer.Model, train, test, device, config);
        ModelFile.Write(folder.ModelPath, trainer.Model, config);
        Summary = RunSummary.Of(config, state, lastEvaluation);
        RunPlots.Write(folder, config, lastEvaluation);
        folder.WriteSummary(Summary);
        Save();
        screen.Done(folder.Path, config, Summary);
    }
}

/// <summary>What lies ahead of a run.</summary>
/// <param name="Steps">Steps to do.</param>
/// <param name="SecondsPerStep">Measured on this device.</param>
/// <param name="Bytes">Device memory in use.</param>
internal readonly record struct RunPlan(long Steps, double SecondsPerStep, long Bytes)
{
    public TimeSpan Time => TimeSpan.FromSeconds(Math.Min(Steps * SecondsPerStep, TimeSpan.MaxValue.TotalSeconds / 2));
}

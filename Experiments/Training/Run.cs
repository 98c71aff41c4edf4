using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Export;
using LpcEngine.Experiments.Export.TensorBoard;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Screen;
using LpcEngine.Kernels;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>One training run from its folder's point of view: start or resume, train, evaluate, checkpoint, finish.</summary>
internal sealed class Run
{
    // Losing up to this much work to a kill is fine; writing more often is not worth the disk. --checkpoint-every sets both.
    private const double EpochCheckpointSeconds = 15, StepCheckpointSeconds = 60;
    private const double ConvergedAccuracy = 0.999;

    private readonly RunConfig config;
    private readonly TrainOptions options;
    private readonly RunFolder folder;
    private readonly RunScreen screen;
    private readonly Device device;
    private readonly RunImages images;
    private readonly Trainer trainer;
    private readonly int? evaluateEvery;
    private readonly Preset preset;
    private readonly CancellationToken interrupted;
    private readonly Stopwatch sinceCheckpoint = Stopwatch.StartNew(), training = new();
    private int stepsWritten;
    private RunState state = new();
    private EpochEvaluation? lastEvaluation;
    private EventFile? events;
    private RunClock? clock;

    public Run(RunConfig config, TrainOptions options, DataSet data, Classifier model, RunFolder folder, RunScreen screen, Device device, Preset preset, CancellationToken interrupted)
    {
        (this.config, this.options, this.folder, this.screen, this.device) = (config, options, folder, screen, device);
        (evaluateEvery, this.preset, this.interrupted) = (options.NoEvaluate ? null : options.EvaluateEvery ?? preset.EvaluateEvery, preset, interrupted);
        images = RunImages.Upload(device, data, config);
        trainer = new Trainer(config, model, images.Train, device);
    }

    /// <summary>How a run ended.</summary>
    public enum End
    {
        Done,
        Interrupted,
        Declined,
        Diverged,
    }

    /// <summary>The summary that summary.json holds, once the run is done.</summary>
    public JsonObject? Summary { get; private set; }

    /// <summary>What <c>--json</c> says of a run without a summary.</summary>
    public JsonObject Unfinished(End end) => new()
    {
        ["data_set"] = config.DataSet,
        ["variant"] = config.Variant,
        ["ended"] = end.ToString().ToLowerInvariant(),
        ["epoch"] = state.Epoch,
        ["steps"] = state.Steps,
        ["folder"] = folder.Path,
        ["checkpoint"] = File.Exists(folder.CheckpointPath) ? folder.CheckpointPath : null,
    };

    private bool StepsAreUsedUp => options.Steps is { } limit && state.Steps >= limit;

    private MeasurementPlan Measurements(bool finished) => MeasurementPlan.For(options, preset, device.Name, images.Test?.Count ?? 0, finished);

    public End Execute()
    {
        Restore();
        if (RunProgress.Result(folder.Path, state, options.Steps, Measurements(state.Finished)) is { } summary)
        {
            Summary = summary;
            if (!File.Exists(folder.TablePath)) WriteTable(); // of a run from before there was one
            screen.AlreadyFinished(folder.Path, config, summary);
            return End.Done;
        }
        var plan = Plan();
        screen.Start(config, trainer, device, state, plan);
        if (!options.Yes && !screen.Agrees(plan)) return End.Declined;
        folder.RequireOwn();
        WriteConfig();
        folder.Rewind(state.Epoch, state.Steps);
        events = options.TensorBoard ? EventFile.Begin(folder.Path, folder.Lines(), DateTimeOffset.UtcNow) : null;
        screen.StartTable(state.Steps > 0 ? folder.Lines() : []);
        End end;
        try { end = TrainAndFinish(); }
        finally { events?.Dispose(); }
        if (end != End.Done) WriteTable();
        return end;
    }

    private void WriteTable() => MetricsTable.Write(folder.TablePath, folder.Lines());

    private End TrainAndFinish()
    {
        while (!state.Finished && !StepsAreUsedUp)
        {
            if (TrainEpoch() is { } early) return early;
        }
        return Finish();
    }

    private void WriteLine(JsonObject line, bool durable)
    {
        folder.Metrics.Append(line, durable);
        events?.Append(line, DateTimeOffset.UtcNow);
    }

    private void WriteConfig()
    {
        var json = JsonSerializer.SerializeToNode(config, JsonFormat.Indented)!.AsObject();
        json["train_size"] = options.TrainSize;
        json["test_size"] = options.TestSize;
        json["evaluate_every"] = evaluateEvery;
        json["deepfool_images"] = Measurements(finished: true).DeepFoolImages;
        json["pgd"] = Measurements(finished: true).Pgd?.ToJson() ?? new JsonObject { ["images"] = 0 };
        json["stop_after_steps"] = options.Steps;
        json["version"] = typeof(Run).Assembly.GetName().Version?.ToString(3);
        json["device"] = device.Name;
        json["device_description"] = device.Description;
        json["earlier_devices"] = EarlierDevices();
        json["environment"] = new JsonObject(CpuSettings.Present.Select(setting => KeyValuePair.Create(setting.Variable, (JsonNode?)setting.Value)));
        json["command_line"] = new JsonArray([.. Environment.GetCommandLineArgs().Skip(1).Select(argument => JsonValue.Create(argument))]);
        folder.WriteConfig(json);
    }

    // Steps on different devices differ in their last bits, so a run that moved says where it has been.
    private JsonArray EarlierDevices()
    {
        var earlier = state.Steps > 0 ? folder.ReadConfig() : null;
        var names = (earlier?["earlier_devices"] as JsonArray ?? []).Append(earlier?["device"]).Select(name => name?.ToString());
        return new JsonArray([.. names.Where(name => name is not null && name != device.Name).Distinct().Select(name => JsonValue.Create(name))]);
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
        var time = BatchFit.Explained(trainer, device, config, () => trainer.TimeStep(steps: 2));
        var evaluation = evaluateEvery is null ? 0 : trainer.TimeEvaluation() * images.Evaluated;
        clock = new RunClock(config, trainer.StepsPerEpoch, options.Steps, evaluateEvery, state, time.Seconds, evaluation);
        return new RunPlan(clock.StepsLeft(state), time, device.Statistics.KeptBytes + device.Statistics.ArenaBytes)
        {
            Evaluations = clock.EvaluationsLeft(state), SecondsPerEvaluation = evaluation,
        };
    }

    private End? TrainEpoch()
    {
        (lastEvaluation, stepsWritten) = (null, trainer.StepOfEpoch);
        training.Restart();
        while (!trainer.EpochIsComplete && !StepsAreUsedUp)
        {
            trainer.TakeStep();
            var count = Math.Min(config.Batch, config.TrainImages - (trainer.StepOfEpoch - 1) * config.Batch);
            state = state with { StepOfEpoch = trainer.StepOfEpoch, Steps = state.Steps + 1, Images = state.Images + count };
            trainer.Losses.Follow(trainer.StepOfEpoch);
            WriteStepLines();
            if (!double.IsFinite(trainer.Losses.Means.Loss) && Diverged()) return End.Diverged;
            CountSeconds();
            screen.Step(trainer, state, clock!.SecondsLeft(state));
            // Never between an epoch's last step and its line: a checkpoint there would make a resumed run write the line twice.
            if (trainer.EpochIsComplete) break;
            if (interrupted.IsCancellationRequested || IsTimeToSave(StepCheckpointSeconds))
            {
                StopTraining();
                if (!TrySave()) return End.Diverged;
                if (interrupted.IsCancellationRequested) return End.Interrupted;
                training.Restart();
            }
        }
        StopTraining();
        if (Diverged()) return End.Diverged;
        if (trainer.EpochIsComplete && !TryEndEpoch()) return End.Diverged;
        if (!interrupted.IsCancellationRequested || state.Finished) return null;
        return TrySave() ? End.Interrupted : End.Diverged;
    }

    // Steps are only asked for; what they took is known when they are done.
    private void StopTraining()
    {
        device.Synchronize();
        CountSeconds();
        training.Reset();
        trainer.Losses.Fetch(trainer.StepOfEpoch);
        WriteStepLines();
    }

    private void CountSeconds()
    {
        state = state with { Seconds = state.Seconds + training.Elapsed.TotalSeconds };
        training.Restart();
    }

    // The lines of the steps whose losses are there: of all of them before anything that ends the epoch, or that a resumed run may begin from.
    private void WriteStepLines()
    {
        if (!options.LogSteps) return;
        var before = state.Steps - trainer.StepOfEpoch;
        while (stepsWritten < trainer.Losses.Listed)
            WriteLine(MetricLines.OfStep(trainer, trainer.Losses.Of(++stepsWritten), before + stepsWritten), durable: false);
    }

    private bool IsTimeToSave(double otherwise) => sinceCheckpoint.Elapsed.TotalSeconds >= (options.CheckpointEvery ?? otherwise);

    // Looking at the weights costs a forward pass: for what is about to be kept.
    private bool Diverged(bool alsoWeights = false)
    {
        trainer.Losses.Fetch(trainer.StepOfEpoch);
        if (double.IsFinite(trainer.Losses.Means.Loss) && !(alsoWeights && !trainer.GivesNumbers())) return false;
        WriteStepLines();
        screen.Diverged(new DivergenceTrace(config, folder, trainer, device).Find(state), File.Exists(folder.CheckpointPath) ? folder.CheckpointPath : null);
        return true;
    }

    // False when the run has diverged.
    private bool TryEndEpoch()
    {
        var means = trainer.Losses.Means;
        var epoch = trainer.Epoch;
        var lastEpoch = epoch == config.Epochs;
        var evaluate = evaluateEvery is { } every && (lastEpoch || epoch % every == 0);
        if (evaluate && Diverged(alsoWeights: true)) return false;
        lastEvaluation = evaluate ? Evaluate(withEntropy: lastEpoch) : null;
        if (state.ConvergenceEpoch is null && lastEvaluation?.Train.Scores.Accuracy > ConvergedAccuracy) state = state with { ConvergenceEpoch = epoch };
        foreach (var line in MetricLines.OfEpoch(trainer, means, state, lastEvaluation)) WriteLine(line, durable: true);
        screen.Epoch(trainer, means, state, lastEvaluation, clock!.SecondsLeftAfterEpoch(state));
        if (lastEpoch)
        {
            state = state with { Finished = true };
            return true;
        }
        trainer.BeginEpoch(epoch + 1);
        state = state with { Epoch = epoch + 1, StepOfEpoch = 0 };
        return (epoch > 1 && !IsTimeToSave(EpochCheckpointSeconds)) || TrySave();
    }

    private EpochEvaluation Evaluate(bool withEntropy)
    {
        screen.Evaluating(trainer);
        var start = Stopwatch.GetTimestamp();
        var evaluation = EpochEvaluation.Run(trainer.Model, images, device, config, withEntropy);
        clock!.Evaluated(Stopwatch.GetElapsedTime(start).TotalSeconds);
        return evaluation;
    }

    // False when the weights are no good any more; the older checkpoint stays then.
    private bool TrySave()
    {
        if (Diverged(alsoWeights: true)) return false;
        Save();
        return true;
    }

    private void Save()
    {
        folder.RequireOwn();
        folder.Metrics.Flush(); // a run that goes on from here never writes the lines up to here again
        Checkpoint.Write(folder.CheckpointPath, trainer, config, state);
        sinceCheckpoint.Restart();
    }

    // The summary is what says that a run is finished, beside the checkpoint: a kill before it repeats only the measurements.
    private End Finish()
    {
        if (Diverged(alsoWeights: true)) return End.Diverged;
        var plan = Measurements(state.Finished);
        if (plan.DeepFoolImages > 0 || plan.Pgd is not null) Save(); // the attack may take longer than the training since the last checkpoint
        var measured = FinalMeasurements.Take(trainer.Model, images, device, config, plan, lastEvaluation, screen, interrupted);
        if (measured is null)
        {
            Save();
            return End.Interrupted;
        }
        folder.RequireOwn();
        if (!state.Finished && measured.Evaluation is { } evaluation) WriteStop(evaluation);
        ModelFile.Write(folder.ModelPath, trainer.Model, config);
        Summary = RunSummary.Of(config, state, measured);
        RunPlots.Write(folder, config, measured.Evaluation);
        WriteTable();
        folder.WriteSummary(Summary);
        Save();
        screen.Done(folder.Path, config, Summary);
        return End.Done;
    }

    // A finished run's evaluation is in its last epoch's lines; so is that of a run which --steps ends after an epoch that was evaluated.
    private void WriteStop(EpochEvaluation evaluation)
    {
        if (MetricLines.HasEvaluation(folder.Lines(), state.Steps)) return;
        foreach (var line in MetricLines.OfStop(trainer, trainer.Losses.Means, state, evaluation)) WriteLine(line, durable: true);
    }
}

/// <summary>What lies ahead of a run.</summary>
/// <param name="Steps">Steps to do.</param>
/// <param name="Step">What one costs, measured on this device.</param>
/// <param name="Bytes">Device memory in use.</param>
internal readonly record struct RunPlan(long Steps, StepTime Step, long Bytes)
{
    /// <summary>Evaluations between these steps.</summary>
    public int Evaluations { get; init; }

    /// <summary>What one is thought to take: the forward pass of all images.</summary>
    public double SecondsPerEvaluation { get; init; }

    /// <summary>Steps and evaluations; without what is measured once at the end.</summary>
    public TimeSpan Time => TimeSpan.FromSeconds(Math.Min(Steps * Step.Seconds + Evaluations * SecondsPerEvaluation, TimeSpan.MaxValue.TotalSeconds / 2));
}

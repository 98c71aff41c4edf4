using System.Globalization;
using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Training;
using Spectre.Console;

namespace LpcEngine.Experiments.Screen;

/// <summary>What a person sees of a run: a header with what lies ahead, a line per epoch, the result.</summary>
/// <remarks>On a terminal the running epoch has a line that renews itself; elsewhere there are plain lines only. Everything goes to log.txt as well.</remarks>
internal sealed class RunScreen(IAnsiConsole console, RunFolder folder)
{
    private const double SecondsOfADay = 86_400;
    private static readonly TimeSpan Renewal = TimeSpan.FromMilliseconds(250);
    private readonly System.Diagnostics.Stopwatch sinceRenewal = System.Diagnostics.Stopwatch.StartNew();
    private RunConfig? config;
    private long firstStep;
    private double firstSeconds;
    private bool liveLine;

    private bool IsLive => console.Profile.Out.IsTerminal && console.Profile.Capabilities.Ansi;

    /// <summary>The header: device, network, memory, and how long the run will take.</summary>
    public void Start(RunConfig config, Trainer trainer, Device device, RunState state, RunPlan plan)
    {
        (this.config, firstStep, firstSeconds) = (config, state.Steps, state.Seconds);
        Line($"{config.Variant} on {config.DataSet}: {config.TrainImages:N0} training and {config.TestImages:N0} test images of {config.Classes} classes, {config.ImageHeight}×{config.ImageWidth}×{config.ImageChannels}");
        var latents = config.Penultimate > 0 ? $", penultimate layer {config.Penultimate} ({config.Head.ToString().ToLowerInvariant()})" : "";
        Line($"network   {config.Backbone}, width {config.Width}{latents}; {trainer.Model.ParameterCount():N0} parameters");
        Line($"device    {device.Name} ({device.Description}), fp32; {plan.Bytes / 1048576.0:N0} MiB in use");
        Line($"protocol  {config.Preset}: {config.Epochs} epochs of {trainer.StepsPerEpoch} steps of {config.Batch} images, seed {config.Seed}");
        Line($"folder    {folder.Path}{(state.Steps > 0 ? Text($", resuming after step {state.Steps:N0}") : "")}");
        Line($"time      about {Duration(plan.Time)} for {plan.Steps:N0} steps ({1000 * plan.SecondsPerStep:N0} ms each, measured just now), evaluations apart");
        if (plan.Time.TotalSeconds > SecondsOfADay)
            Line($"          that's long for this device: --preset quick shows the collapse within minutes");
        Line($"");
        Line($"{"epoch",6} {"loss",9} {"penalty",9} {"gamma",9} {"train",7} {"test",7} {"ratio",8} {"trace/d",10} {"CV norm",8} {"img/s",7} {"left",9}");
    }

    /// <summary>Renews the line of the running epoch, a few times a second.</summary>
    public void Step(Trainer trainer, RunState state)
    {
        if (!IsLive || sinceRenewal.Elapsed < Renewal) return;
        sinceRenewal.Restart();
        var running = Tallies.Read(trainer.Tally);
        var part = trainer.StepOfEpoch / (double)trainer.StepsPerEpoch;
        Live(Text($"{trainer.Epoch,6} {running.Loss,9:g4} {running.Penalty,9:g3} {trainer.Gamma,9:g3} {running.Accuracy,7:p1}  {Bar(part)} {Speed(state),7:n0} img/s, {Left(trainer, state)} left"));
    }

    /// <summary>The line of a finished epoch.</summary>
    public void Epoch(Trainer trainer, Tallies running, RunState state, EpochEvaluation? evaluation)
    {
        var train = evaluation?.Train;
        Line($"{trainer.Epoch,6} {running.Loss,9:g4} {running.Penalty,9:g3} {trainer.Gamma,9:g3} {train?.Scores.Accuracy ?? running.Accuracy,7:p1} {Optional(evaluation?.Test?.Scores.Accuracy, "p1"),7} {Optional(train?.Measures["separation_ratio"], "n2"),8} {Optional(train?.Measures["sigma_w_trace_per_dim"], "g3"),10} {Optional(train?.Measures["cv_norm"], "n3"),8} {Speed(state),7:n0} {Left(trainer, state),9}");
    }

    /// <summary>The result.</summary>
    public void Done(string path, RunConfig config, JsonObject summary)
    {
        Line($"");
        if (summary["train"] is JsonObject { Count: > 0 } train)
        {
            var test = summary["test"] as JsonObject;
            Line($"{"",-34} {"train",12} {"test",12}");
            Row("accuracy", summary["train_accuracy"], summary["test_accuracy"], "p2");
            Row("class separation ratio", train["separation_ratio"], test?["separation_ratio"], "n3");
            Row("within-class trace per dimension", train["sigma_w_trace_per_dim"], test?["sigma_w_trace_per_dim"], "g4");
            Row("… relative to the squared norm", train["sigma_w_relative"], test?["sigma_w_relative"], "g4");
            Row("variation of norms", train["cv_norm"], test?["cv_norm"], "n4");
            Row("variation of |z|", train["cv_abs"], test?["cv_abs"], "n4");
            Row("mean norm", train["mean_norm"], test?["mean_norm"], "g4");
        }
        Line($"{summary["steps"]} steps in {Duration(TimeSpan.FromSeconds((double?)summary["seconds"] ?? 0))}; weights, metrics and plots are in {path}");
    }

    /// <summary>There's nothing to do.</summary>
    public void AlreadyFinished(string path, RunConfig config, JsonObject summary)
    {
        Line($"This run is finished; its result is in {path}. Choose another --seed or --out for a new one.");
        Done(path, config, summary);
    }

    /// <summary>The loss is no number any more.</summary>
    public void Diverged(Trainer trainer, Tallies running, string? checkpoint) =>
        Error($"Training diverged in epoch {trainer.Epoch} by step {trainer.StepOfEpoch}: the network no longer computes finite numbers (cross-entropy so far {Text($"{running.CrossEntropy:g4}")}, penalty {Text($"{running.Penalty:g4}")}). "
            + (checkpoint is null ? "There's no earlier checkpoint. " : $"The last good checkpoint is kept: {checkpoint}. ") + "Try a smaller --lr or --gamma-max.");

    /// <summary>The run was stopped from outside and can go on.</summary>
    public void Interrupted() => Line($"Interrupted; the same command goes on from here.");

    private void Row(string name, JsonNode? train, JsonNode? test, string format) =>
        Line($"{name,-34} {Optional((double?)train, format),12} {Optional((double?)test, format),12}");

    private double Speed(RunState state) => state.Images / Math.Max(state.Seconds, 1e-9);

    private string Left(Trainer trainer, RunState state)
    {
        var done = state.Steps - firstStep;
        var left = (long)config!.Epochs * trainer.StepsPerEpoch - state.Steps;
        return done == 0 ? "?" : Duration(TimeSpan.FromSeconds((state.Seconds - firstSeconds) / done * left));
    }

    private static string Bar(double part)
    {
        const int width = 20;
        var full = (int)(part * width);
        return new string('━', full) + new string('╌', width - full);
    }

    private static string Optional(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture).Replace(" %", "%") ?? "";

    private static string Duration(TimeSpan time) => time.TotalDays >= 1 ? Text($"{time.TotalDays:n1} days")
        : time.TotalHours >= 1 ? Text($"{(int)time.TotalHours} h {time.Minutes:00} min")
        : time.TotalMinutes >= 1 ? Text($"{time.Minutes} min {time.Seconds:00} s") : Text($"{time.TotalSeconds:n0} s");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture).Replace(" %", "%");

    private void Line(FormattableString text)
    {
        EraseLive();
        var line = Text(text).TrimEnd();
        // Past Spectre's own writer, which would break lines at 80 columns where there's no terminal.
        console.Profile.Out.Writer.WriteLine(line);
        folder.Log(line);
    }

    private void Error(string text)
    {
        EraseLive();
        Console.Error.WriteLine(text);
        folder.Log(text);
    }

    // Carriage return and "erase to the end of the line": the least that renews a line on every terminal.
    private void Live(string text)
    {
        Console.Out.Write("\r\u001b[K" + text[..Math.Min(text.Length, console.Profile.Width - 1)]);
        liveLine = true;
    }

    private void EraseLive()
    {
        if (!liveLine) return;
        Console.Out.Write("\r\u001b[K");
        liveLine = false;
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using LpcEngine.Engine;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Training;
using Spectre.Console;

namespace LpcEngine.Experiments.Screen;

/// <summary>What a person sees of a run: a header with what lies ahead, a line per epoch, the result.</summary>
/// <remarks>On a terminal the running epoch has a line that renews itself, and below it are the curves of the run; elsewhere there are plain lines only. Everything goes to log.txt as well.</remarks>
internal sealed class RunScreen(IAnsiConsole console, RunFolder folder)
{
    private const string Quick = "quick";
    private static readonly TimeSpan Renewal = TimeSpan.FromMilliseconds(250), AttackLines = TimeSpan.FromMinutes(1);
    private readonly System.Diagnostics.Stopwatch sinceRenewal = System.Diagnostics.Stopwatch.StartNew();
    private readonly EpochTable table = EpochTable.For(console.Profile.Out.IsTerminal ? console.Profile.Width : int.MaxValue);
    private readonly LiveLines lines = new(console);
    private readonly RunCurves curves = new();
    private readonly System.Diagnostics.Stopwatch sinceAttack = new();
    private TimeSpan lastAttackLine;
    private string attack = "";
    private int attackedImages;

    /// <summary>Asks the person before the screen; null where there's none.</summary>
    public Func<string, bool>? Confirm { get; init; } = Terminal.ConfirmLong;

    /// <summary>The header: device, network, memory, and how long the run will take.</summary>
    public void Start(RunConfig config, Trainer trainer, Device device, RunState state, RunPlan plan)
    {
        Line($"{config.Variant} on {config.DataSet}: {config.TrainImages:N0} training and {config.TestImages:N0} test images of {config.Classes} classes, {config.ImageHeight}×{config.ImageWidth}×{config.ImageChannels}");
        var latents = config.Penultimate > 0 ? $", penultimate layer {config.Penultimate} ({config.Head.ToString().ToLowerInvariant()})" : "";
        Line("network", $"{config.Backbone}, width {config.Width}{latents}; {trainer.Model.ParameterCount():N0} parameters");
        Line("device", $"{device.Name} ({device.Description}), {config.Precision.ToString().ToLowerInvariant()}; {plan.Bytes / 1048576.0:N0} MiB in use");
        if (KernelLine(device.KernelStatistics) is { } kernels) Line("kernels", kernels);
        Line("protocol", $"{config.Preset}: {Counts.Text(config.Epochs, "epoch")} of {Counts.Text(trainer.StepsPerEpoch, "step")} of {Counts.Text(Math.Min(config.Batch, config.TrainImages), "image")}, seed {config.Seed}");
        Line("folder", $"{folder.Path}{(state.Steps > 0 ? Text($", resuming after step {state.Steps:N0}") : "")}");
        Line("time", $"about {Durations.Text(plan.Time)}, the measurements at the end apart");
        var evaluations = plan.Evaluations > 0 ? Text($" and {Counts.Text(plan.Evaluations, "evaluation")} of {Durations.Short(plan.SecondsPerEvaluation)}") : "";
        Line("", $"{Counts.Text(plan.Steps, "step")} of {Durations.Short(plan.Step.Seconds)}{evaluations}, as measured just now");
        if (plan.Step.Kernels > 0) Line("step", $"{plan.Step.Kernels} kernels and the optimizer's, {(plan.Step.Kind == Replay.Graph ? "replayed as one CUDA graph" : "replayed one by one")}");
        if (plan.Time.TotalSeconds > Durations.SecondsOfADay)
        {
            var advice = config.Preset == Quick ? "fewer --epochs or a smaller --train-size make it shorter" : "--preset quick shows the collapse within minutes";
            Line("", $"that's long for this device: {advice}", Tone.Warning);
        }
        Line($"");
    }

    // A first start compiles for a while; it says that the next one will not.
    private static FormattableString? KernelLine(KernelStatistics kernels) => kernels switch
    {
        { Count: 0 } => null,
        { Compiled: 0 } => $"{kernels.FromDisk} from disk in {kernels.Seconds:n1} s",
        _ => $"{kernels.Compiled} compiled{(kernels.FromDisk > 0 ? Text($", {kernels.FromDisk} from disk") : "")} in {kernels.Seconds:n1} s{(kernels.Kept == kernels.Compiled ? ", kept for the next start" : "")}",
    };

    /// <summary>Asks before a run of days, where somebody can answer.</summary>
    /// <returns>Whether to go on.</returns>
    public bool Agrees(RunPlan plan)
    {
        if (plan.Time.TotalSeconds <= Durations.SecondsOfADay || Confirm is not { } ask || ask($"This run takes about {Durations.Text(plan.Time)}. Start it?")) return true;
        Line($"Not started. --yes starts it without this question.");
        return false;
    }

    /// <summary>The heads of the columns that <see cref="Epoch"/> fills.</summary>
    /// <param name="before">The lines of metrics.jsonl that a run goes on after.</param>
    public void StartTable(IEnumerable<JsonObject> before)
    {
        if (lines.Draws) curves.Begin(before);
        Write(new StyledLine((table.Head, Tone.Strong)));
    }

    /// <summary>Renews the line of the running epoch, a few times a second.</summary>
    /// <param name="trainer">Says which epoch.</param>
    /// <param name="state">How far the run is.</param>
    /// <param name="left">Seconds to the end of the last epoch.</param>
    public void Step(Trainer trainer, RunState state, double left)
    {
        var losses = trainer.Losses;
        if (!lines.IsLive || losses.Steps == 0 || sinceRenewal.Elapsed < Renewal) return;
        sinceRenewal.Restart();
        var part = losses.Steps / (double)trainer.StepsPerEpoch;
        Live(table.LiveLine(Row(trainer, losses.Means, state, left), lines.Draws ? part : null, lines.Width));
    }

    /// <summary>An evaluation begins, which may take as long as the epoch.</summary>
    public void Evaluating(Trainer trainer) => Live(Text($"epoch {trainer.Epoch}: measuring the network"));

    /// <summary>The line of a finished epoch.</summary>
    /// <param name="trainer">Says which epoch.</param>
    /// <param name="running">Means over the epoch's batches.</param>
    /// <param name="state">How far the run is.</param>
    /// <param name="evaluation">What was measured after it, if anything was.</param>
    /// <param name="left">Seconds to the end of the last epoch.</param>
    public void Epoch(Trainer trainer, Tallies running, RunState state, EpochEvaluation? evaluation, double left)
    {
        var train = evaluation?.Train;
        if (lines.Draws) curves.Add(train?.Measures[RunCurves.CollapseKey], evaluation?.Test?.Scores.Accuracy);
        Line($"{table.Line(Row(trainer, running, state, left) with
        {
            Train = train?.Scores.Accuracy ?? running.Accuracy,
            Test = evaluation?.Test?.Scores.Accuracy,
            Ratio = train?.Measures["separation_ratio"],
            Trace = train?.Measures["sigma_w_trace_per_dim"],
            NormVariation = train?.Measures["cv_norm"],
        })}");
    }

    /// <summary>An attack on test images begins.</summary>
    public void StartAttack(string name, int images)
    {
        (attack, attackedImages, lastAttackLine) = (name, images, TimeSpan.Zero);
        Line($"{attack}: {images:N0} test images");
        sinceAttack.Restart();
    }

    /// <summary>How far the attack is: on a terminal a line that renews itself, elsewhere one a minute.</summary>
    public void Attack(int done)
    {
        if (lines.IsLive && sinceRenewal.Elapsed >= Renewal)
        {
            sinceRenewal.Restart();
            Live(Text($"{attack}: {done:N0} of {attackedImages:N0} images done, {Durations.Text(sinceAttack.Elapsed)}"));
        }
        if (lines.IsLive || done == attackedImages || sinceAttack.Elapsed - lastAttackLine < AttackLines) return;
        lastAttackLine = sinceAttack.Elapsed;
        Line($"{attack}: {done:N0} of {attackedImages:N0} images done, {Durations.Text(sinceAttack.Elapsed)}");
    }

    /// <summary>The attack has ended.</summary>
    public void EndAttack(int done) => Line($"{attack}: {done:N0} images in {sinceAttack.Elapsed.TotalSeconds:n1} s");

    /// <summary>The result.</summary>
    public void Done(string path, RunConfig config, JsonObject summary)
    {
        EndLive();
        Result(summary);
        Line($"{Counts.Text((long)(JsonText.Number(summary, "steps") ?? 0), "step")} in {Durations.Text(JsonText.Number(summary, "seconds") ?? 0)}; weights, metrics and plots are in {path}");
    }

    /// <summary>A network is measured again.</summary>
    public void StartMeasuring(RunConfig config, string dataSet, Device device, string weights)
    {
        Line("measured", $"{config.Variant} of {config.DataSet}, {config.Backbone}, width {config.Width}, seed {config.Seed}: {weights}");
        Line("on", $"{dataSet}, with {device.Name} ({device.Description})");
    }

    /// <summary>It is measured.</summary>
    public void Measured(JsonObject result, string file)
    {
        EndLive();
        Result(result);
        Line($"All of it is in {file}");
    }

    /// <summary>Measuring was stopped from outside.</summary>
    public void MeasuringInterrupted()
    {
        lines.Erase();
        Line($"Interrupted; nothing was changed.");
    }

    private void Result(JsonObject summary)
    {
        Line($"");
        if (summary["train_accuracy"] is not null && summary["train"] is JsonObject train)
        {
            var test = summary["test"] as JsonObject;
            Write(new StyledLine((Text($"{"",-34} {"train",12} {"test",12}"), Tone.Strong)));
            Row("accuracy", summary["train_accuracy"], summary["test_accuracy"], "p2");
            if (summary["validation_accuracy"] is { } validation) Row("… on the images held out", validation, null, "p2");
            if (summary["train_augmented"] is JsonObject augmented) Row("… on augmented images", augmented["accuracy"], null, "p2");
            Row("class separation ratio", train["separation_ratio"], test?["separation_ratio"], "n3");
            Row("within-class trace per dimension", train["sigma_w_trace_per_dim"], test?["sigma_w_trace_per_dim"], "g4");
            Row("… relative to the squared norm", train["sigma_w_relative"], test?["sigma_w_relative"], "g4");
            Row("variation of norms", train["cv_norm"], test?["cv_norm"], "n4");
            Row("variation of |z|", train["cv_abs"], test?["cv_abs"], "n4");
            Row("mean norm", train["mean_norm"], test?["mean_norm"], "g4");
            if (test?["deepfool_images"] is not null)
            {
                Row("DeepFool: perturbation / image", null, test["deepfool_relative"], "g4");
                Row("… median", null, test["deepfool_median"], "g4");
                Row("… fooled", null, test["deepfool_fooled"], "p1");
            }
            if (test?["pgd"] is JsonObject pgd)
            {
                foreach (var (radius, rate) in pgd["l2"] as JsonObject ?? []) Row($"PGD: error within L2 {radius}", null, rate, "p1");
                foreach (var (radius, rate) in pgd["linf"] as JsonObject ?? []) Row($"PGD: error within L∞ {radius}", null, rate, "p1");
                if ((test["masking"] as JsonObject)?["flag"]?.GetValueKind() == System.Text.Json.JsonValueKind.True) Line($"Gradients may be masked: don't take these numbers for robustness (masking in summary.json, docs/robustness.md).");
            }
        }
    }

    /// <summary>There's nothing to do.</summary>
    public void AlreadyFinished(string path, RunConfig config, JsonObject summary)
    {
        Line($"This run is finished; its result is in {path}. Choose another --seed or --out for a new one.");
        Done(path, config, summary);
    }

    /// <summary>The loss is no number any more.</summary>
    public void Diverged(DivergencePoint point, string? checkpoint) =>
        Error($"Training diverged in epoch {point.Epoch} at step {point.Step} ({point.Total:N0} of the run): the network no longer computes finite numbers{(point.Origin is null ? "" : Text($", {point.Origin}"))} "
            + Text($"(cross-entropy {point.Losses.CrossEntropy:g4}, penalty {point.Losses.Penalty:g4}). ")
            + (checkpoint is null ? "There's no earlier checkpoint. " : $"The last good checkpoint is kept: {checkpoint}. ") + "Try a smaller --lr or --gamma-max.");

    /// <summary>The run was stopped from outside and can go on.</summary>
    public void Interrupted()
    {
        lines.Erase();
        Line($"Interrupted; the same command goes on from here.");
    }

    private void Row(string name, JsonNode? train, JsonNode? test, string format) =>
        Line($"{name,-34} {Optional(JsonText.Number(train), format),12} {Optional(JsonText.Number(test), format),12}");

    private static EpochRow Row(Trainer trainer, Tallies running, RunState state, double left) =>
        new(trainer.Epoch, running.Loss, running.Penalty, trainer.Gamma, running.Accuracy, state.Images / Math.Max(state.Seconds, 1e-9), left);

    private static string Optional(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture).Replace(" %", "%") ?? "";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture).Replace(" %", "%");

    private void Line(FormattableString text) => Write(Text(text));

    private void Line(string name, FormattableString text, Tone tone = Tone.Plain) => Write(StyledLine.Named(name, Text(text), tone));

    private void Write(StyledLine line)
    {
        lines.Write(line);
        folder.Log(line.ToString());
    }

    // To the place for problems, where colours are not for this class to decide.
    private void Error(string text)
    {
        lines.Erase();
        Terminal.Problem(text);
        folder.Log(text);
    }

    private void Live(StyledLine running) => lines.Show([running, .. curves.Lines(lines.Width)]);

    // The curves of a run that has ended stay.
    private void EndLive()
    {
        lines.Erase();
        foreach (var curve in curves.Lines(lines.Width)) lines.Write(curve);
    }
}

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
    private const string Quick = "quick";
    private static readonly TimeSpan Renewal = TimeSpan.FromMilliseconds(250), AttackLines = TimeSpan.FromMinutes(1);
    private readonly System.Diagnostics.Stopwatch sinceRenewal = System.Diagnostics.Stopwatch.StartNew();
    private readonly EpochTable table = EpochTable.For(console.Profile.Out.IsTerminal ? console.Profile.Width : int.MaxValue);
    private long firstStep, lastStep;
    private double firstSeconds;
    private bool liveLine;
    private readonly System.Diagnostics.Stopwatch sinceAttack = new();
    private TimeSpan lastAttackLine;
    private string attack = "";
    private int attackedImages;

    /// <summary>Asks the person before the screen; null where there's none.</summary>
    public Func<string, bool>? Confirm { get; init; } = Terminal.Confirm;

    private bool IsLive => console.Profile.Out.IsTerminal && console.Profile.Capabilities.Ansi;

    /// <summary>The header: device, network, memory, and how long the run will take.</summary>
    public void Start(RunConfig config, Trainer trainer, Device device, RunState state, RunPlan plan)
    {
        (firstStep, lastStep, firstSeconds) = (state.Steps, state.Steps + plan.Steps, state.Seconds);
        Line($"{config.Variant} on {config.DataSet}: {config.TrainImages:N0} training and {config.TestImages:N0} test images of {config.Classes} classes, {config.ImageHeight}×{config.ImageWidth}×{config.ImageChannels}");
        var latents = config.Penultimate > 0 ? $", penultimate layer {config.Penultimate} ({config.Head.ToString().ToLowerInvariant()})" : "";
        Line($"network   {config.Backbone}, width {config.Width}{latents}; {trainer.Model.ParameterCount():N0} parameters");
        Line($"device    {device.Name} ({device.Description}), {config.Precision.ToString().ToLowerInvariant()}; {plan.Bytes / 1048576.0:N0} MiB in use");
        if (KernelLine(device.KernelStatistics) is { } kernels) Line(kernels);
        Line($"protocol  {config.Preset}: {config.Epochs} epochs of {trainer.StepsPerEpoch} steps of {Math.Min(config.Batch, config.TrainImages)} images, seed {config.Seed}");
        Line($"folder    {folder.Path}{(state.Steps > 0 ? Text($", resuming after step {state.Steps:N0}") : "")}");
        Line($"time      about {Durations.Text(plan.Time)} for {plan.Steps:N0} steps ({1000 * plan.Step.Seconds:N0} ms each, measured just now), evaluations apart");
        if (plan.Step.Kernels > 0) Line($"step      {plan.Step.Kernels} kernels, {(plan.Step.Kind == Replay.Graph ? "replayed as one CUDA graph" : "replayed one by one")}");
        if (plan.Time.TotalSeconds > Durations.SecondsOfADay)
        {
            var advice = config.Preset == Quick ? "fewer --epochs or a smaller --train-size make it shorter" : "--preset quick shows the collapse within minutes";
            Line($"          that's long for this device: {advice}");
        }
        Line($"");
    }

    // A first start compiles for a while; it says that the next one will not.
    private static FormattableString? KernelLine(KernelStatistics kernels) => kernels switch
    {
        { Count: 0 } => null,
        { Compiled: 0 } => $"kernels   {kernels.FromDisk} from disk in {kernels.Seconds:n1} s",
        _ => $"kernels   {kernels.Compiled} compiled{(kernels.FromDisk > 0 ? Text($", {kernels.FromDisk} from disk") : "")} in {kernels.Seconds:n1} s{(kernels.Kept == kernels.Compiled ? ", kept for the next start" : "")}",
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
    public void StartTable() => Line($"{table.Head}");

    /// <summary>Renews the line of the running epoch, a few times a second.</summary>
    public void Step(Trainer trainer, RunState state)
    {
        if (!IsLive || sinceRenewal.Elapsed < Renewal) return;
        sinceRenewal.Restart();
        var running = Tallies.Read(trainer.Tally);
        var part = trainer.StepOfEpoch / (double)trainer.StepsPerEpoch;
        Live(table.LiveLine(Row(trainer, running, state), part, console.Profile.Width - 1));
    }

    /// <summary>The line of a finished epoch.</summary>
    public void Epoch(Trainer trainer, Tallies running, RunState state, EpochEvaluation? evaluation)
    {
        var train = evaluation?.Train;
        Line($"{table.Line(Row(trainer, running, state) with
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
        if (IsLive && sinceRenewal.Elapsed >= Renewal)
        {
            sinceRenewal.Restart();
            Live(Text($"{attack}: {done:N0} of {attackedImages:N0} images done, {Durations.Text(sinceAttack.Elapsed)}"));
        }
        if (IsLive || done == attackedImages || sinceAttack.Elapsed - lastAttackLine < AttackLines) return;
        lastAttackLine = sinceAttack.Elapsed;
        Line($"{attack}: {done:N0} of {attackedImages:N0} images done, {Durations.Text(sinceAttack.Elapsed)}");
    }

    /// <summary>The attack has ended.</summary>
    public void EndAttack(int done) => Line($"{attack}: {done:N0} images in {sinceAttack.Elapsed.TotalSeconds:n1} s");

    /// <summary>The result.</summary>
    public void Done(string path, RunConfig config, JsonObject summary)
    {
        Result(summary);
        Line($"{summary["steps"]} steps in {Durations.Text(JsonText.Number(summary, "seconds") ?? 0)}; weights, metrics and plots are in {path}");
    }

    /// <summary>A network is measured again.</summary>
    public void StartMeasuring(RunConfig config, string dataSet, Device device, string weights)
    {
        Line($"measured  {config.Variant} of {config.DataSet}, {config.Backbone}, width {config.Width}, seed {config.Seed}: {weights}");
        Line($"on        {dataSet}, with {device.Name} ({device.Description})");
    }

    /// <summary>It is measured.</summary>
    public void Measured(JsonObject result, string file)
    {
        Result(result);
        Line($"All of it is in {file}");
    }

    /// <summary>Measuring was stopped from outside.</summary>
    public void MeasuringInterrupted() => Line($"Interrupted; nothing was changed.");

    private void Result(JsonObject summary)
    {
        Line($"");
        if (summary["train"] is JsonObject { Count: > 0 } train)
        {
            var test = summary["test"] as JsonObject;
            Line($"{"",-34} {"train",12} {"test",12}");
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
    public void Interrupted() => Line($"Interrupted; the same command goes on from here.");

    private void Row(string name, JsonNode? train, JsonNode? test, string format) =>
        Line($"{name,-34} {Optional(JsonText.Number(train), format),12} {Optional(JsonText.Number(test), format),12}");

    private EpochRow Row(Trainer trainer, Tallies running, RunState state)
    {
        var done = state.Steps - firstStep;
        double? left = done == 0 ? null : (state.Seconds - firstSeconds) / done * Math.Max(0, lastStep - state.Steps);
        return new EpochRow(trainer.Epoch, running.Loss, running.Penalty, trainer.Gamma, running.Accuracy, state.Images / Math.Max(state.Seconds, 1e-9), left);
    }

    private static string Optional(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture).Replace(" %", "%") ?? "";

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
        console.Profile.Out.Writer.Write("\r\u001b[K" + text);
        liveLine = true;
    }

    private void EraseLive()
    {
        if (!liveLine) return;
        console.Profile.Out.Writer.Write("\r\u001b[K");
        liveLine = false;
    }
}

using System.Text.Json.Nodes;
using LpcEngine.Benchmarks.Acceptance;
using LpcEngine.Experiments.Metrics;
using LpcEngine.Experiments.Reports;
using LpcEngine.Experiments.Robustness;
using LpcEngine.Experiments.Runs;
using LpcEngine.Experiments.Screen;
using LpcEngine.Experiments.Sweeps;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;
using Spectre.Console;

namespace LpcEngine.Tests.Fuzzing;

/// <summary>Every reader of a run folder's files, together with those who use what it has read.</summary>
internal static class RunTargets
{
    /// <summary>All of them.</summary>
    public static IEnumerable<FuzzTarget> All()
    {
        var run = RunCorpus.Instance;
        yield return new("config.json", 10_000, "config.json", [run["config.json"]], input => ReadConfig(input.Path)) { FreeBytes = 4 << 20 }; // the shapes of the network that it describes
        yield return new("metrics.jsonl", 8_000, "metrics.jsonl", [run["metrics.jsonl"]], input => ReadMetrics(input)) { BytesPerByte = 100 };
        yield return new("summary.json", 8_000, "summary.json", [run["summary.json"]], ReadSummary) { Prepare = run.WriteTexts, NewWorker = () => new ScreenWorker(), BytesPerByte = 150, FreeBytes = 1 << 20 };
        yield return new("latents.json", 4_000, "latents.json", [run["latents.json"]], input => _ = RunFolder.ReadJson(input.Path) is { } json ? LatentPicture.FromJson(json) : null) { BytesPerByte = 200 };
        yield return new("checkpoint.safetensors", 4_000, "checkpoint.safetensors", [run["checkpoint.safetensors"]], ReadCheckpoint) { NewWorker = () => new TrainerWorker(), FreeBytes = 4 << 20 };
        yield return new("model.safetensors", 4_000, "model.safetensors", [run["model.safetensors"]], ReadModel) { NewWorker = () => new TrainerWorker(), FreeBytes = 4 << 20 };
    }

    private static void ReadConfig(string path)
    {
        if (RunFolder.ReadJson(path) is not { } json) return;
        var config = RunConfig.Parse(json.ToJsonString(), path);
        PgdOptions.Read(json["pgd"]);
        foreach (var setting in RunSetting.All) _ = setting.Text(config);
        _ = Variants.Named(config.Variant);
        _ = Preset.Named(config.Preset);
        _ = (config.Rate.At(1), config.Gamma.At(1), config.Rate.At(config.Epochs), config.Gamma.At(config.Epochs));
    }

    private static void ReadMetrics(FuzzInput input)
    {
        var cell = new SweepCell(RunConfig.Parse(JsonNode.Parse(RunCorpus.Instance["config.json"])!.ToJsonString(), "config.json"), input.Folder, 8);
        new CellProgress(cell).Update();
        var lines = MetricsLog.Read(input.Path);
        _ = new ReportRun(input.Folder, cell.Config, [], lines) is var run && run.History("train", "accuracy").X.Count + run.History("test", "separation_ratio").Y.Count > 0;
        using var log = new MetricsLog(input.Path);
        log.Rewind(1, 3);
    }

    // What report, evaluate, a sweep and a second start of the run do with it.
    private static void ReadSummary(FuzzInput input)
    {
        if (ReportRun.Read(input.Folder) is not { } run) return;
        foreach (var path in (string[])["train_accuracy", "test:separation_ratio", "test:deepfool_relative", "test:pgd:l2:0.25", "train:entropy"]) _ = run.Measure(path);
        _ = (run.Protocol, run.Settings.Count);
        var plan = new MeasurementPlan(true, 2) { Pgd = PgdPlan.Of(new PgdOptions { Images = 2, Steps = 2 }, 2, 10) };
        plan.IsMetBy(run.Summary);
        var screen = (ScreenWorker)input.Worker!;
        screen.Show(run);
        foreach (var split in (string[])["train", "test"])
            if (run.Summary[split] is JsonObject before) RobustnessSummary.Keep(before, []);
        _ = JsonText.Page(run.Summary);
    }

    private static void ReadCheckpoint(FuzzInput input)
    {
        var worker = (TrainerWorker)input.Worker!;
        using var file = SafeTensorsFile.Open(input.Path);
        _ = RunConfig.Difference(worker.Session.Config, Checkpoint.ReadConfig(file));
        Checkpoint.Read(file, worker.Session.Trainer);
    }

    private static void ReadModel(FuzzInput input)
    {
        var worker = (TrainerWorker)input.Worker!;
        using var file = SafeTensorsFile.Open(input.Path);
        ModelFile.RequireFit(file, ModelFile.ReadConfig(file), worker.Device);
        ModelFile.Read(file, worker.Session.Model);
    }

    private sealed class ScreenWorker : IDisposable
    {
        private readonly TemporaryFolder folder = new();
        private readonly RunFolder run;
        private readonly RunScreen screen;

        public ScreenWorker()
        {
            run = RunFolder.Open(folder["run"]);
            screen = new(AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(TextWriter.Null) }), run);
        }

        public void Show(ReportRun read) => screen.AlreadyFinished(read.Folder, read.Config, read.Summary);

        public void Dispose()
        {
            run.Dispose();
            folder.Dispose();
        }
    }

    private sealed class TrainerWorker : IDisposable
    {
        public TrainerWorker() => Session = TrainingSession.Begin(
            Device, new() { DataSet = "synthetic10", Variant = "lpc-scl", Width = 1, Backbone = "resnet18", Epochs = 2, Batch = 5 }, TrainingSession.Synthetic(trainPerClass: 2, testPerClass: 1));

        public Device Device { get; } = new CpuDevice(1);

        public TrainingSession Session { get; }

        public void Dispose() => Device.Dispose();
    }
}

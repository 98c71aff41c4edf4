using System.Globalization;
using LpcEngine.Tests.Experiments;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Fuzzing;

/// <summary>
/// Whole commands on run folders of which one file is damaged: each ends well, or with one line and the exit code of a user's mistake (or of a run that diverged, where weights
/// were hit). None ends as a defect of the program.
/// </summary>
public sealed class DamagedRuns
{
    private const int Done = 0, UserError = 2, Diverged = 3;

    // A command takes a tenth of a second, a thousand times as long as a reader.
    private static readonly int Each = 8 * ReaderFuzzing.Factor;

    private const string Config = "config.json", Metrics = "metrics.jsonl", Summary = "summary.json", Latents = "latents.json", Checkpoint = "checkpoint.safetensors", Model = "model.safetensors";

    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    private string Run => folder["runs/run"];

    private string[] Train => [.. RunCorpus.Arguments, "--yes", "--out", Run];

    [Test]
    public void Predict_and_evaluate_and_report_end_well_or_with_a_line()
    {
        File.WriteAllBytes(folder["a.png"], ImageTree.Png(1));
        Try("predict", ["predict", Run, folder["a.png"], "--device", "cpu", "--threads", "1"], RunCorpus.Instance.WriteAll, [Model], [Done, UserError]);
        Try("evaluate", ["evaluate", Run, "--deepfool-images", "0", "--pgd-images", "0", "--device", "cpu", "--threads", "1"], RunCorpus.Instance.WriteAll, [Config, Summary, Checkpoint], [Done, UserError, Diverged]);
        Try("report", ["report", folder["runs"], "--out", folder["report.html"]], RunCorpus.Instance.WriteAll, [Config, Metrics, Summary, Latents], [Done, UserError]);
    }

    [Test]
    public void A_finished_run_and_one_that_goes_on_end_well_or_with_a_line()
    {
        Try("the same command again", Train, RunCorpus.Instance.WriteAll, [Metrics, Summary, Checkpoint, Model], [Done, UserError, Diverged]);
        Cli.Succeed([.. Train, "--steps", "5"]);
        var half = Directory.GetFiles(Run).ToDictionary(path => Path.GetFileName(path)!, File.ReadAllBytes);
        Try("the command of an unfinished run", [.. Train, "--no-evaluate"], to => { foreach (var (name, content) in half) File.WriteAllBytes(Path.Combine(to, name), content); }, [Config, Metrics, Checkpoint], [Done, UserError, Diverged]);
    }

    private void Try(string name, string[] command, Action<string> write, string[] read, int[] allowed)
    {
        var codes = new SortedDictionary<int, int>();
        foreach (var (file, number) in read.Select((file, number) => (file, number)))
        {
            for (var i = 0; i < Each; i++)
            {
                if (Directory.Exists(Run)) Directory.Delete(Run, recursive: true);
                write(Directory.CreateDirectory(Run).FullName);
                var path = Path.Combine(Run, file);
                var seed = number * 1_000_000 + i;
                File.WriteAllBytes(path, Mutations.Of([File.ReadAllBytes(path)], seed));
                var (code, _, error) = Cli.Run(command);
                Assert.That(allowed, Does.Contain(code), $"{name}, {file}, seed {seed}: {error}");
                if (code == UserError) Assert.That(error.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(1), $"{name}, {file}, seed {seed}: {error}");
                codes[code] = codes.GetValueOrDefault(code) + 1;
            }
        }
        TestContext.Progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {codes.Values.Sum()} | {codes.GetValueOrDefault(Done)} | {codes.GetValueOrDefault(UserError)} | {codes.GetValueOrDefault(Diverged)} |"));
    }
}

using System.Diagnostics;
using System.Globalization;
using LpcEngine.Experiments.Runs;

namespace LpcEngine.Tests.Experiments;

/// <summary>
/// Whole runs of 10,000 steps with all that a run does on the way, evaluations, lines for each step, event files and checkpoints, watched from step 1,000 on: resident memory, managed memory, open files, threads.
/// <see cref="FlatMemory"/> counts the bytes of the steps alone, exactly; this finds what the rest would leak.
/// </summary>
[Explicit("minutes; see docs/reliability.md")]
public sealed class TenThousandSteps
{
    private const int Steps = 10_000, Every = 1_000, StepsOfEpoch = 50;

    // Between two looks the collector may or may not give pages back, and compiled code grows while methods are compiled again, better. A leak of a kilobyte a step would be 9 MiB, one of a checkpoint's tensors a gigabyte.
    private const double MostResident = 12, MostManaged = 1;
    private const int MoreFiles = 2, MoreThreads = 8; // the runtime's own pool grows by a few and shrinks again

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void A_run_of_10000_steps_takes_no_more_memory_files_and_threads_at_its_end_than_at_step_1000(string device)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("reads /proc");
        if (device == "emulator") Assert.Ignore("would take hours");
        using var folder = new TemporaryFolder();
        var looks = new List<Look>();
        var watch = Stopwatch.StartNew();
        using var ended = new CancellationTokenSource();
        var watching = Task.Factory.StartNew(() => Watch(folder["run/metrics.jsonl"], looks, ended.Token), TaskCreationOptions.LongRunning);
        Cli.Succeed("synthetic10", "lpc-narrow", "--preset", "quick", "--backbone", device == "cpu" ? "resnet18" : "mlp", "--width", "2", "--train-size", $"{StepsOfEpoch}", "--test-size", "2", "--batch", "10", "--epochs", $"{Steps / StepsOfEpoch}", "--eval-every", "5",
            "--checkpoint-every", "0.05", "--log-steps", "--tensorboard", "--deepfool-images", "0", "--pgd-images", "0", "--device", device, "--threads", "1", "--out", folder["run"]);
        ended.Cancel();
        watching.Wait();
        var text = new System.Text.StringBuilder($"{device}: {Steps:N0} steps in {watch.Elapsed.TotalSeconds:n0} s\n\n| step | resident MiB | managed MiB | open files | threads |\n|---|---|---|---|---|\n");
        foreach (var look in looks) text.Append(CultureInfo.InvariantCulture, $"| {look.Step:N0} | {look.Resident:n1} | {look.Managed:n2} | {look.Files} | {look.Threads} |\n");
        TestContext.Out.WriteLine(text);

        Assert.That(looks, Has.Count.EqualTo(Steps / Every), "a look at each thousand steps");
        var first = looks[0];
        Assert.Multiple(() =>
        {
            Assert.That(looks.Max(look => look.Resident) - first.Resident, Is.LessThan(MostResident), "MiB of resident memory");
            Assert.That(looks.Max(look => look.Managed) - first.Managed, Is.LessThan(MostManaged), "MiB of managed memory");
            Assert.That(looks.Max(look => look.Files) - first.Files, Is.LessThanOrEqualTo(MoreFiles), "open files");
            Assert.That(looks.Max(look => look.Threads) - first.Threads, Is.LessThanOrEqualTo(MoreThreads), "threads");
        });
    }

    // From outside the run, as its steps come by in its file.
    private static void Watch(string metrics, List<Look> looks, CancellationToken ended)
    {
        for (var step = 0L; !ended.IsCancellationRequested; Thread.Sleep(20))
        {
            step = LastStep(metrics, step);
            if (step >= (looks.Count + 1) * Every) looks.Add(Look.Now((looks.Count + 1) * Every));
        }
        if (LastStep(metrics, 0) == Steps && looks.Count < Steps / Every) looks.Add(Look.Now(Steps));
    }

    private static long LastStep(string metrics, long before)
    {
        if (!File.Exists(metrics)) return before;
        using var file = new FileStream(metrics, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(-Math.Min(file.Length, 4096), SeekOrigin.End);
        using var reader = new StreamReader(file);
        var lines = reader.ReadToEnd().Split('\n');
        // The last one is not finished, or empty; the first one begins in its middle.
        return lines.Length < 3 ? before : (long?)JsonText.Number(JsonText.Parse(lines[^2]), "step") ?? before;
    }

    private sealed record Look(long Step, double Resident, double Managed, int Files, int Threads)
    {
        private const double MiB = 1 << 20;

        public static Look Now(long step)
        {
            var managed = GC.GetTotalMemory(forceFullCollection: true);
            var status = File.ReadAllLines("/proc/self/status");
            long Number(string name) => long.Parse(status.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split([':', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
            return new(step, Number("VmRSS") * 1024 / MiB, managed / MiB, Directory.GetFiles("/proc/self/fd").Length, (int)Number("Threads"));
        }
    }
}

using System.Globalization;
using System.Text;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Tests.Fuzzing;

/// <summary>
/// More than a hundred thousand damaged files: each is read or refused with one line for the user, in time, without memory that the file would not explain. The table at the
/// end is the one in docs/reliability.md.
/// </summary>
public sealed class ReaderFuzzing
{
    private const int Least = 100_000;

    // For a longer search: so many times as many files, all of them other ones behind the first.
    internal static readonly int Factor = int.TryParse(Environment.GetEnvironmentVariable("LPC_FUZZ"), out var factor) && factor > 0 ? factor : 1;

    private static readonly List<FuzzResult> Results = [];

    private static IEnumerable<string> Names() => ["safetensors, every tensor", "tensors: data set", "latents for metrics", "tar", "tar.gz", "CIFAR records", "idx", "idx.gz", "PNG", "JPEG", "WebP and BMP",
        "folder of images", "config.json", "metrics.jsonl", "summary.json", "latents.json", "checkpoint.safetensors", "model.safetensors"];

    private static IEnumerable<FuzzTarget> Targets() => ReaderTargets.All().Concat(RunTargets.All()).Select(target => target with { Count = Factor * target.Count });

    [TestCaseSource(nameof(Names))]
    public void Damaged_files_are_read_or_refused_and_do_nothing_else(string name)
    {
        var result = new Fuzzer(Targets().First(target => target.Name == name)).Run();
        Results.Add(result);
        Assert.That(result.Defects, Is.Empty, $"{result.Defects.Count} defects, the first of them:\n{string.Join('\n', result.Defects.Take(3))}");
        Assert.That(result.Refused, Is.GreaterThan(0), "some damage must show");
        Assert.That(result.Accepted + result.Refused, Is.EqualTo(result.Target.Count));
    }

    [Test]
    public void The_list_names_every_reader_and_they_get_a_hundred_thousand_files()
    {
        Assert.That(Targets().Select(target => target.Name), Is.EqualTo(Names()));
        Assert.That(Targets().Sum(target => target.Count), Is.GreaterThanOrEqualTo(Least));
    }

    [Test]
    public void Sound_files_are_read()
    {
        foreach (var target in Targets())
        {
            var result = new Fuzzer(target with { Count = target.Seeds.Count }) { Damages = false }.Run();
            Assert.That((result.Accepted, result.Refused, result.Defects), Is.EqualTo((target.Seeds.Count, 0, Array.Empty<string>())), target.Name);
        }
    }

    [Test]
    public void The_search_sees_what_it_looks_for()
    {
        Assert.That(Defects(_ => throw new InvalidOperationException("a surprise")), Has.Count.EqualTo(3).And.All.Contains("a surprise"));
        Assert.That(Defects(_ => throw new UserErrorException("")), Has.All.Contains("no line"));
        Assert.That(Defects(input => GC.KeepAlive(new byte[4000 + 2 * input.Content.Length])), Has.All.Contains("bytes of memory"));
        Assert.That(Defects(_ => { }), Is.Empty);
        Assert.That(Defects(_ => throw new UserErrorException("one line")), Is.Empty);
        using var never = new ManualResetEventSlim();
        Assert.That(Defects(_ => never.Wait(TimeSpan.FromSeconds(20))), Has.Some.Contains("no end"));

        static IReadOnlyList<string> Defects(Action<FuzzInput> read) =>
            new Fuzzer(new("a reader", 3, null, [[1, 2, 3]], read) { FreeBytes = 4000, BytesPerByte = 1 }) { Limit = TimeSpan.FromSeconds(1) }.Run().Defects;
    }

    [Test]
    public void The_same_seed_is_the_same_damage_and_seeds_differ()
    {
        var target = ReaderTargets.All().First();
        var files = Enumerable.Range(0, 2000).Select(seed => Fuzzer.Content(target, seed)).ToArray();
        Assert.That(files.Select((file, seed) => file.SequenceEqual(Fuzzer.Content(target, seed))), Has.All.True);
        Assert.That(files.Select(Convert.ToHexString).Distinct().Count(), Is.GreaterThan(1700), "few are alike: where a byte becomes what it was, or two cuts meet");
        var process = Encoding.ASCII.GetBytes($".{Environment.ProcessId}");
        foreach (var tar in ReaderTargets.All().Single(t => t.Name == "tar").Seeds)
            Assert.That(tar.AsSpan().IndexOf(process) < 0 && tar.AsSpan().IndexOf(Encoding.ASCII.GetBytes($"time={DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 1000}")) < 0, "no process and no clock");
        Assert.That(target.Seeds.Select(Convert.ToHexString).Intersect(files.Select(Convert.ToHexString)).Count(), Is.LessThan(4));
    }

    // Found by a longer search.
    [TestCase("summary.json", "summary.json", "\"seconds\": 12.5", "\"seconds\": 1e300")]
    [TestCase("model.safetensors", "model.safetensors", "nUll", "null")]
    public void What_was_found_stays_found(string target, string file, string from, string to)
    {
        var sound = Encoding.Latin1.GetString(RunCorpus.Instance[file]);
        var damaged = sound.Contains(from) ? sound.Replace(from, to) : sound.Replace(to, from);
        Assert.That(damaged, Is.Not.EqualTo(sound));
        var seeds = new[] { Encoding.Latin1.GetBytes(damaged) };
        Assert.That(new Fuzzer(Targets().First(t => t.Name == target) with { Count = 1, Seeds = seeds }) { Damages = false }.Run().Defects, Is.Empty);
    }

    [Test]
    public void A_model_file_that_describes_a_huge_network_costs_no_memory()
    {
        using var device = new CpuDevice(1);
        using var folder = new RamFolder();
        var path = Path.Combine(folder.Path, "model.safetensors");
        File.WriteAllBytes(path, RunCorpus.Instance["model.safetensors"]);
        using var file = SafeTensorsFile.Open(path);
        var config = ModelFile.ReadConfig(file);
        var native = NativeMemory64.LiveBytes;
        foreach (var (width, backbone) in ((int, string)[])[(2000, "resnet18"), (900_000, "resnet18"), (int.MaxValue, "resnet18"), (1, "wrn-9994-1"), (1000, "mlp")])
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Support.UserErrors.Expect(() => ModelFile.Build(file, config with { Width = width, Backbone = backbone }, device));
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(64 << 20), $"{backbone} {width}");
        }
        Assert.That(NativeMemory64.LiveBytes, Is.EqualTo(native));
    }

    [OneTimeTearDown]
    public void Print()
    {
        if (Results.Count == 0) return;
        TestContext.Progress.WriteLine("| reader | files | read | refused | defects | most memory | slowest |");
        TestContext.Progress.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var r in Results)
            TestContext.Progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {r.Target.Name} | {r.Target.Count:N0} | {r.Accepted:N0} | {r.Refused:N0} | {r.Defects.Count} | {(r.Target.IsParallel ? "–" : $"{r.MostBytes >> 10:N0} KiB")} | {r.Slowest.TotalMilliseconds:N0} ms |"));
        TestContext.Progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| all | {Results.Sum(r => r.Target.Count):N0} | {Results.Sum(r => r.Accepted):N0} | {Results.Sum(r => r.Refused):N0} | {Results.Sum(r => r.Defects.Count)} | | |"));
    }
}

using System.Diagnostics;

namespace LpcEngine.Tests.Fuzzing;

/// <summary>What came of a reader's damaged files.</summary>
/// <param name="Target">The reader.</param>
/// <param name="Accepted">Files that were read nevertheless: the damage hit what nothing depends on, or made another sound file.</param>
/// <param name="Refused">Files that were refused with a line for the user.</param>
/// <param name="Defects">Everything else: a line for each, the seed first.</param>
/// <param name="MostBytes">The most managed memory that was allocated for one file.</param>
/// <param name="Slowest">The longest time for one file.</param>
internal sealed record FuzzResult(FuzzTarget Target, int Accepted, int Refused, IReadOnlyList<string> Defects, long MostBytes, TimeSpan Slowest);

/// <summary>Gives a reader damaged files, on all cores, and watches what it does.</summary>
internal sealed class Fuzzer(FuzzTarget target)
{
    /// <summary>A reader that takes longer hangs. Far above what any takes, because test machines stand still at times.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(30);

    private const int LongestLine = 1000;

    /// <summary>Whether files are damaged; otherwise they are the sound ones in turn.</summary>
    public bool Damages { get; init; } = true;

    private readonly object gate = new();
    private readonly List<string> defects = [];
    private int next = -1, accepted, refused;
    private long mostBytes, slowest;

    /// <summary>Reads all of them.</summary>
    public FuzzResult Run()
    {
        using var folder = new RamFolder();
        var workers = Enumerable.Range(0, Environment.ProcessorCount).Select(i => new Worker(folder.Folder($"{i}"))).ToArray();
        foreach (var worker in workers) worker.Start(this);
        foreach (var worker in workers)
        {
            while (!worker.Thread.Join(100))
            {
                if (workers.FirstOrDefault(other => other.Time > Limit) is not { } hanging) continue;
                defects.Add($"seed {hanging.Seed}: no end after {Limit.TotalSeconds} s");
                return Result(); // its thread is a background one and ends with the process
            }
        }
        return Result();
    }

    private FuzzResult Result() => new(target, accepted, refused, [.. defects], mostBytes, TimeSpan.FromSeconds((double)slowest / Stopwatch.Frequency));

    /// <summary>The damaged file of a seed: what to look at when one has failed.</summary>
    public static byte[] Content(FuzzTarget target, int seed)
    {
        var content = Mutations.Of(target.Seeds, seed);
        return target.Mend is { } mend && seed % 2 == 0 ? mend(content) : content;
    }

    private void Work(Worker worker)
    {
        target.Prepare?.Invoke(worker.Folder);
        using var own = target.NewWorker?.Invoke();
        var path = Path.Combine(worker.Folder, target.FileName ?? "");
        while ((worker.Seed = Interlocked.Increment(ref next)) < target.Count)
        {
            var content = Damages ? Content(target, worker.Seed) : target.Seeds[worker.Seed];
            if (target.FileName is not null) File.WriteAllBytes(path, content);
            Judge(worker, new(worker.Folder, path, content, own));
        }
        worker.Seed = -1;
    }

    private void Judge(Worker worker, FuzzInput input)
    {
        string? defect = null;
        var isRefused = false;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var start = worker.Since = Stopwatch.GetTimestamp();
        try
        {
            target.Read(input);
        }
        catch (UserErrorException problem)
        {
            isRefused = true;
            if (problem.Message.Length is 0 or > LongestLine || problem.Message.Any(char.IsControl)) defect = $"its line is no line: {problem.Message.ReplaceLineEndings("↵")}";
        }
        catch (Exception problem)
        {
            defect = $"{problem.GetType().Name}: {problem}";
        }
        worker.Since = 0;
        var ticks = Stopwatch.GetTimestamp() - start;
        var bytes = target.IsParallel ? 0 : GC.GetAllocatedBytesForCurrentThread() - before;
        if (bytes > target.FreeBytes + target.BytesPerByte * input.Content.Length) defect ??= $"{bytes} bytes of memory for {input.Content.Length} bytes of file";
        lock (gate)
        {
            if (defect is not null) defects.Add($"seed {worker.Seed}: {defect}");
            else if (isRefused) refused++;
            else accepted++;
            (mostBytes, slowest) = (Math.Max(mostBytes, bytes), Math.Max(slowest, ticks));
        }
    }

    private sealed class Worker(string folder)
    {
        private long since;
        private volatile int seed;

        public string Folder => folder;

        public Thread Thread { get; private set; } = null!;

        public int Seed { get => seed; set => seed = value; }

        /// <summary>When it began to read the file at hand; 0 between files.</summary>
        public long Since { get => Interlocked.Read(ref since); set => Interlocked.Exchange(ref since, value); }

        public TimeSpan Time => Since is not 0 and var start ? Stopwatch.GetElapsedTime(start) : TimeSpan.Zero;

        public void Start(Fuzzer fuzzer)
        {
            Thread = new Thread(() => fuzzer.Work(this)) { IsBackground = true };
            Thread.Start();
        }
    }
}

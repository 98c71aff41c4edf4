using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using LpcEngine.Engine;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>Has a part done by other processes: one, and after each check that fails by an exception or takes its process along, another for the rest.</summary>
/// <param name="part">The part.</param>
/// <param name="start">How to start the process that goes on with a given check and may begin others for a given time.</param>
/// <param name="heard">Hears each result at once.</param>
internal sealed class PartProcess(IAcceptancePart part, Func<int, TimeSpan, ProcessStartInfo> start, Action<AcceptanceResult> heard)
{
    // The rest of the time is for the check that is running when no more begin.
    private const double BeginningShare = 0.85;

    // What judges does so in seconds: one that takes this share of the time, and no less than these seconds, hangs. The first of a process compiles kernels.
    private const double HangingShare = 0.5, LeastHangingSeconds = 20;
    private static readonly TimeSpan Glance = TimeSpan.FromSeconds(0.2), LastBreath = TimeSpan.FromSeconds(10);

    private readonly List<AcceptanceResult> results = [];
    private (string Item, string? Precision)[]? plan;
    private int next;
    private bool isRunning;
    private long beganAt;
    private string lastError = "";

    /// <summary>Runs it to its end, or to the end of its time, when what runs is killed. A check that hangs is killed before that.</summary>
    /// <param name="time">How long at most.</param>
    /// <returns>A result for each check.</returns>
    public IReadOnlyList<AcceptanceResult> Run(TimeSpan time)
    {
        var watch = Stopwatch.StartNew();
        var patience = part.Judges ? TimeSpan.FromSeconds(Math.Max(LeastHangingSeconds, HangingShare * time.TotalSeconds)) : time;
        while (plan is null || next < plan.Length)
        {
            var left = time - watch.Elapsed;
            var (before, began) = (next, watch.Elapsed);
            var exit = left > TimeSpan.Zero ? RunProcess(left, patience) : null;
            if (isRunning)
            {
                if (exit is not null) End(Told(Verdict.Fail, $"its process ended with {exit}"));
                else End(new(part.Judges ? Verdict.Fail : Verdict.NotRun, string.Create(CultureInfo.InvariantCulture, $"killed: it had not ended after {Stopwatch.GetElapsedTime(beganAt).TotalSeconds:n0} s, its part of --seconds; more for a slow device, else it hangs")));
            }
            else if (exit is null)
            {
                OutOfTime(time, watch.Elapsed - began);
                break;
            }
            else if (next == before && (plan is null || next < plan.Length))
            {
                // It never came to a check: the next one would not either.
                Add(plan?[next].Item ?? "all", plan?[next].Precision, Told(Verdict.Fail, $"the process ended with {exit} before any check"), watch.Elapsed - began);
                break;
            }
        }
        return results;
    }

    // How it ended; null when it had to be killed.
    private string? RunProcess(TimeSpan left, TimeSpan patience)
    {
        (isRunning, lastError) = (false, "");
        var info = start(next, left * BeginningShare);
        (info.UseShellExecute, info.RedirectStandardInput, info.RedirectStandardOutput, info.RedirectStandardError) = (false, true, true, true);
        using var process = Start(info);
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => { lock (results) if (!string.IsNullOrWhiteSpace(line.Data)) lastError = line.Data.Trim(); };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        for (var begin = Stopwatch.GetTimestamp(); !process.WaitForExit(Glance);)
        {
            if (Stopwatch.GetElapsedTime(begin) < left && !Hangs(patience)) continue;
            process.CancelOutputRead();
            process.CancelErrorRead();
            process.Kill(entireProcessTree: true);
            process.WaitForExit(LastBreath); // a driver may hold it back for longer, and then nobody waits
            return null;
        }
        process.WaitForExit(); // for the last lines
        return string.Create(CultureInfo.InvariantCulture, $"exit code {process.ExitCode}");
    }

    private bool Hangs(TimeSpan patience)
    {
        lock (results) return isRunning && Stopwatch.GetElapsedTime(beganAt) > patience;
    }

    private static Process Start(ProcessStartInfo info)
    {
        try { return Process.Start(info)!; }
        catch (Win32Exception problem) { throw new UserErrorException($"Cannot start {info.FileName}: {problem.Message.ReplaceLineEndings(" ")}", problem); }
    }

    private void Hear(string? line)
    {
        if (line is null || !line.StartsWith(PartWorker.Mark, StringComparison.Ordinal)) return;
        lock (results)
        {
            var json = JsonNode.Parse(line[PartWorker.Mark.Length..])!;
            if (json[PartWorker.PlannedKey] is JsonArray planned) plan ??= [.. planned.Select(pair => ((string)pair![0]!, (string?)pair[1]))];
            else if (json[PartWorker.BeganKey] is { } began) (next, isRunning, beganAt) = ((int)began, true, Stopwatch.GetTimestamp());
            else if (json[PartWorker.EndedKey] is { } ended)
            {
                (next, isRunning) = ((int)ended + 1, false);
                Add(AcceptanceResult.Parse(json[PartWorker.ResultKey]!));
            }
        }
    }

    private void OutOfTime(TimeSpan time, TimeSpan lasted)
    {
        var reason = string.Create(CultureInfo.InvariantCulture, $"the part's {time.TotalSeconds:n0} s were over");
        if (plan is null) Add("all", null, new(Verdict.NotRun, reason), lasted);
        for (; next < plan?.Length; next++) Add(plan[next].Item, plan[next].Precision, new(Verdict.NotRun, reason), TimeSpan.Zero);
    }

    private Outcome Told(Verdict verdict, string what) => new(verdict, lastError.Length > 0 ? $"{what}: {lastError}" : what);

    // The running check, which can't speak for itself any more.
    private void End(Outcome outcome)
    {
        Add(plan![next].Item, plan[next].Precision, outcome, Stopwatch.GetElapsedTime(beganAt));
        (next, isRunning) = (next + 1, false);
    }

    private void Add(string item, string? precision, Outcome outcome, TimeSpan lasted) => Add(new(part.Name, item, precision, outcome, lasted.TotalSeconds));

    private void Add(AcceptanceResult result)
    {
        results.Add(result);
        heard(result);
    }
}

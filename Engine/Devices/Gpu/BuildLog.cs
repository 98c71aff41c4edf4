using System.Diagnostics;
using System.Text.RegularExpressions;

namespace LpcEngine.Engine;

/// <summary>Catches what compilers of kernels complain about while it is in use: ILGPU writes their logs to the trace and nowhere else.</summary>
internal sealed partial class BuildLog : TraceListener
{
    private readonly System.Text.StringBuilder text = new();

    public BuildLog() => Trace.Listeners.Add(this);

    /// <summary>The first complaint, in one line of bearable length; the exception's own first line when the log says nothing.</summary>
    /// <remarks>NVIDIA's compiler writes "error   :", or "fatal   :" where the assembly is of a version that it does not know, then that it gave up because of errors.</remarks>
    public string Reason(Exception problem)
    {
        var lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => !Frame().IsMatch(line)).ToArray();
        var complaint = lines.FirstOrDefault(Complaint().IsMatch)
            ?? lines.FirstOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase)) ?? lines.FirstOrDefault() ?? DriverFaults.Words(problem);
        complaint = Gap().Replace(complaint, match => match.Value.EndsWith(':') ? ":" : " ").Trim().TrimEnd('.');
        return complaint.Length <= 200 ? complaint : complaint[..200] + " …";
    }

    public override void Write(string? message) => text.Append(Ended(message));

    public override void WriteLine(string? message) => text.Append(Ended(message)).Append('\n');

    protected override void Dispose(bool disposing)
    {
        Trace.Listeners.Remove(this);
        base.Dispose(disposing);
    }

    // ILGPU hands on the whole kibibyte that CUDA's driver may have filled; C's strings end with a zero.
    private static ReadOnlySpan<char> Ended(string? message) => message.AsSpan() is var all && all.IndexOf('\0') is >= 0 and var end ? all[..end] : all;

    // What ILGPU writes around a log, and the compiler's last words.
    [GeneratedRegex(@"^(PTX )?Kernel loading failed:$|^>> No error information available$|aborted due to errors")]
    private static partial Regex Frame();

    [GeneratedRegex(@"\b(error|fatal)\s*:", RegexOptions.IgnoreCase)]
    private static partial Regex Complaint();

    [GeneratedRegex(@"\s+:(?=\s)|\s+")]
    private static partial Regex Gap();
}

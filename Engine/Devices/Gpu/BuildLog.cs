using System.Diagnostics;

namespace LpcEngine.Engine;

/// <summary>Catches what compilers of kernels complain about while it is in use: ILGPU writes their logs to the trace and nowhere else.</summary>
internal sealed class BuildLog : TraceListener
{
    private readonly System.Text.StringBuilder text = new();

    public BuildLog() => Trace.Listeners.Add(this);

    /// <summary>The first complaint, in one line of bearable length; the exception's own first line when the log says nothing.</summary>
    public string Reason(Exception problem)
    {
        var lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var complaint = lines.FirstOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase)) ?? lines.FirstOrDefault() ?? problem.Message;
        complaint = complaint.ReplaceLineEndings(" ").Trim().TrimEnd('.');
        return complaint.Length <= 200 ? complaint : complaint[..200] + " …";
    }

    public override void Write(string? message) => text.Append(message);

    public override void WriteLine(string? message) => text.Append(message).Append('\n');

    protected override void Dispose(bool disposing)
    {
        Trace.Listeners.Remove(this);
        base.Dispose(disposing);
    }
}

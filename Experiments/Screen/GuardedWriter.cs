using System.Text;
using LpcEngine.Engine;

namespace LpcEngine.Experiments.Screen;

/// <summary>Standard output or standard error, where what can't be written is no defect of the program.</summary>
/// <remarks>A full disk behind standard output ends the command as the user's problem. What can't be said on standard error can't be said at all; the exit code
/// remains. Where either is closed from the beginning, nobody wants to hear it.</remarks>
internal sealed class GuardedWriter : TextWriter
{
    private const int InputOutputError = 5; // EIO, which a terminal answers with once it is gone

    private static volatile bool nobodyReads;

    private readonly TextWriter inner;
    private readonly Action<IOException> failed;

    private GuardedWriter(TextWriter inner, Action<IOException> failed) : base(inner.FormatProvider) => (this.inner, this.failed) = (inner, failed);

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <summary>Guards this process's standard output and standard error.</summary>
    public static void Install()
    {
        Console.SetOut(new GuardedWriter(Console.Out, problem => throw AtomicFile.CannotWrite("to standard output", problem)));
        Console.SetError(new GuardedWriter(Console.Error, _ => { }));
    }

    /// <summary>The terminal is gone: what can't be written from now on is missed by nobody, and a run ends in order.</summary>
    public static void NobodyReads() => nobodyReads = true;

    /// <inheritdoc/>
    public override void Write(char value) => Guard(() => inner.Write(value));

    /// <inheritdoc/>
    public override void Write(string? value) => Guard(() => inner.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Guard(() => inner.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Guard(() => inner.WriteLine(value));

    /// <inheritdoc/>
    public override void Flush() => Guard(inner.Flush);

    private void Guard(Action write)
    {
        try { write(); }
        catch (IOException problem)
        {
            // The signal that says so may be on its way yet.
            if (problem.HResult == InputOutputError && !Console.IsOutputRedirected) NobodyReads();
            if (!nobodyReads) failed(problem);
        }
        catch (UnauthorizedAccessException)
        {
            // Closed by whoever started the program (EBADF): nothing is meant to be read.
        }
    }
}

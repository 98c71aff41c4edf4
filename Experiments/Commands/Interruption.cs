using System.Runtime.InteropServices;
using LpcEngine.Experiments.Screen;

namespace LpcEngine.Experiments.Commands;

/// <summary>Ctrl-C, SIGTERM and the loss of the terminal (SIGHUP) ask for an orderly end (of a run: a checkpoint after the running step, on a GPU after the two or three steps under way); a second Ctrl-C or SIGTERM ends at once.</summary>
/// <remarks>
/// Until <see cref="Begin"/> there is nothing to put in order, and the first signal ends at once, with the same exit code. Signals that are ignored when the program starts stay ignored: <c>nohup</c> keeps SIGHUP
/// away, a shell keeps Ctrl-C from its background jobs. In a run of a sweep, the sweep's end asks for an orderly end as well: see <see cref="ParentProcess"/>.
/// </remarks>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly CancellationTokenRegistration orphaned;
    private readonly PosixSignalRegistration[] registrations;
    private volatile bool begun;
    private bool signalled;

    public Interruption()
    {
        registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, Handle))];
        orphaned = ParentProcess.Gone.Register(source.Cancel);
    }

    public CancellationToken Token => source.Token;

    /// <summary>From here on there is something to put in order before the end.</summary>
    public void Begin() => begun = true;

    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        orphaned.Dispose();
        source.Dispose();
    }

    // In a job of Slurm's the end of its time reaches the script, which passes it on, and this process itself: two signals that mean one. When Slurm's patience ends, it kills.
    // A lost terminal says so more than once, too: by itself, and by the shell that ran in it.
    // Elsewhere a second signal ends at once, not a signal after the parent's end: Ctrl-C reaches a sweep and its runs, in any order.
    private void Handle(PosixSignalContext context)
    {
        var isHangUp = context.Signal == PosixSignal.SIGHUP;
        if (isHangUp) GuardedWriter.NobodyReads();
        if (!begun) Environment.Exit(ExitCodes.Interrupted);
        context.Cancel = !signalled || isHangUp || (ParentProcess.IsSlurm && context.Signal == PosixSignal.SIGTERM);
        signalled |= !isHangUp;
        source.Cancel();
    }
}

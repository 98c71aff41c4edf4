using System.Runtime.InteropServices;

namespace LpcEngine.Experiments.Commands;

/// <summary>Ctrl-C and SIGTERM ask for an orderly end (of a run: a checkpoint after the running step); a second one ends at once.</summary>
/// <remarks>In a run of a sweep, the sweep's end asks for it as well: see <see cref="ParentProcess"/>.</remarks>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly CancellationTokenRegistration orphaned;
    private readonly PosixSignalRegistration[] registrations;
    private bool signalled;

    public Interruption()
    {
        registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];
        orphaned = ParentProcess.Gone.Register(source.Cancel);
    }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        orphaned.Dispose();
        source.Dispose();
    }

    // In a job of Slurm's the end of its time reaches the script, which passes it on, and this process itself: two signals that mean one. When Slurm's patience ends, it kills.
    // Elsewhere a second signal ends at once, not a signal after the parent's end: Ctrl-C reaches a sweep and its runs, in any order.
    private void Handle(PosixSignalContext context)
    {
        context.Cancel = !signalled || (ParentProcess.IsSlurm && context.Signal == PosixSignal.SIGTERM);
        signalled = true;
        source.Cancel();
    }
}

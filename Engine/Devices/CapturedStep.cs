namespace LpcEngine.Engine;

/// <summary>How a captured step runs.</summary>
public enum Replay
{
    /// <summary>Its code runs each time: the first steps everywhere, all steps on the cpu and where <see cref="Device.ReplaysSteps"/> is off.</summary>
    Code,

    /// <summary>The launches that its code made once are made again, one after the other, without the code.</summary>
    Launches,

    /// <summary>All launches are a single one to the driver: a CUDA graph.</summary>
    Graph,
}

/// <summary>A step that is recorded once and then replayed: its code (layers, shapes, tape) costs nothing any more, and on CUDA all its kernels are one launch.</summary>
/// <remarks>
/// <para>
/// A recording is possible because a step finds its tensors where the step before had them (<see cref="Device.Step"/>). The first two runs execute the code, so that memory is there
/// and kernels are compiled; the third is recorded and replayed, and from then on there are replays. On the cpu the code runs each time.
/// </para>
/// <para>
/// What the code must keep to: the same operations on the same shapes each time; numbers that change from step to step (a learning rate, which images) lie in device memory, written outside the
/// step or by its kernels; nothing is read back or copied in from the host, which throws <see cref="InvalidOperationException"/> while recording. What only the host does
/// (counting steps) goes through <see cref="Device.OnHost"/>. Results are the same bits as without recording.
/// </para>
/// <para>Freeing kept tensors or moving parameters into a group makes it record anew. A recording goes with its device, or earlier with <see cref="Dispose"/>.</para>
/// </remarks>
/// <param name="device">Where.</param>
/// <param name="body">The step's code.</param>
public sealed class CapturedStep(Device device, Action body) : IDisposable
{
    private const int RunsBeforeRecording = 2;

    private readonly List<Action> effects = [];
    private StepRecording? recording;
    private (int Memory, Precision Precision, bool Poison, bool Replays, JobTimes? Times) validFor;
    private int runs;

    /// <summary>How the last run was made.</summary>
    public Replay Kind => recording?.Kind ?? Replay.Code;

    /// <summary>Kernels of one replay; 0 while the code runs.</summary>
    public int Kernels => recording?.Kernels ?? 0;

    /// <summary>Takes the step. Not waited for.</summary>
    /// <exception cref="InvalidOperationException">A step is running already, or the code does what can't be recorded.</exception>
    public void Run()
    {
        // Whatever has changed: its code runs again, so that memory and kernels for the new conditions are there before the next recording.
        if (validFor != Conditions) Dispose();
        validFor = Conditions;
        if (recording is not null)
        {
            device.Launch(recording);
            foreach (var effect in effects) effect();
        }
        else if (runs >= RunsBeforeRecording && device.ReplaysSteps && Record() is { } made)
        {
            recording = made;
            device.Launch(made); // recording ran the host's part, not the device's
        }
        else
        {
            device.Step(body);
            runs++;
            validFor = Conditions; // a first run may move parameters into groups
        }
    }

    private StepRecording? Record()
    {
        try { return device.Record(body, effects); }
        catch
        {
            Dispose(); // nothing of it may be replayed
            throw;
        }
    }

    /// <summary>Gives the recording back; the next run executes the code again.</summary>
    public void Dispose()
    {
        if (recording is not null) device.Discard(recording);
        recording = null;
        effects.Clear();
        runs = 0;
    }

    private (int, Precision, bool, bool, JobTimes?) Conditions => (device.MemoryVersion, device.Precision, device.PoisonNewTensors, device.ReplaysSteps, device.Times);
}

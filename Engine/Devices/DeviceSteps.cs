namespace LpcEngine.Engine;

/// <content>Steps: what a step creates ends with it, and what it asks for can be recorded.</content>
public abstract partial class Device
{
    private List<Action>? effects;
    private bool stepping;

    /// <summary>Runs one step: what it creates ends with it, also when it throws.</summary>
    /// <param name="body">The step. Keep the delegate in a field: a new closure for each step would be garbage.</param>
    /// <exception cref="InvalidOperationException">A step is running already: its tensors would end with the inner one.</exception>
    public void Step(Action body)
    {
        if (stepping) throw new InvalidOperationException("Step inside a step: the inner one would end the outer one's tensors. Let the inner code be part of the outer step.");
        stepping = true;
        StepVersion++;
        try { body(); }
        finally
        {
            stepping = false;
            EndStep();
        }
    }

    /// <summary>Ends the running step: all its tensors go, the tape is empty.</summary>
    public void EndStep()
    {
        StepVersion++;
        Tape.Clear();
        arena.Reset();
    }

    /// <summary>Does something within a step that only the host sees, such as counting. A recorded step (<see cref="CapturedStep"/>) does it again with each replay.</summary>
    /// <param name="effect">What to do. Keep the delegate in a field: a new closure for each step would be garbage.</param>
    public void OnHost(Action effect)
    {
        effect();
        effects?.Add(effect);
    }

    /// <summary>Runs a step whose work is recorded instead of done.</summary>
    /// <param name="body">The step; what it does on the host happens.</param>
    /// <param name="hostEffects">Gets what must happen on the host with each replay.</param>
    /// <returns>The recording; null where there is nothing to record, as on the cpu.</returns>
    internal StepRecording? Record(Action body, List<Action> hostEffects)
    {
        effects = hostEffects;
        try { return RecordStep(body); }
        finally { effects = null; }
    }

    /// <summary>Asks for a recorded step's work.</summary>
    internal void Launch(StepRecording recording)
    {
        if (stepping) throw new InvalidOperationException("A captured step inside a step: it would overwrite the outer one's tensors.");
        if (arena.LiveTensors > 0) throw new InvalidOperationException("A captured step while tensors of a step are alive: a replay would overwrite them. What it takes from outside must be kept tensors (NewKept, Keep).");
        LaunchStep(recording);
    }

    /// <inheritdoc cref="Record"/>
    internal virtual StepRecording? RecordStep(Action body) => null;

    /// <inheritdoc cref="Launch"/>
    internal virtual void LaunchStep(StepRecording recording) => recording.Launch();

    /// <summary>Gives a recording back.</summary>
    internal virtual void Discard(StepRecording recording) => recording.Dispose();

    /// <summary>Gives the memory of steps back to the system, between two steps; the next one obtains it anew. What <see cref="Statistics"/> says of steps begins anew as well.</summary>
    /// <exception cref="InvalidOperationException">A step is running.</exception>
    public void FreeStepMemory()
    {
        if (stepping) throw new InvalidOperationException("FreeStepMemory inside a step: its tensors would lose their memory.");
        EndStep();
        Quiesce();
        MemoryVersion++;
        arena.Free();
    }

    /// <summary>Takes back what the running step has created since it had a given number of tensors: lets a benchmark run one backward pass again and again.</summary>
    internal void Rewind(int stepTensors)
    {
        StepVersion++;
        arena.Rewind(stepTensors);
    }
}

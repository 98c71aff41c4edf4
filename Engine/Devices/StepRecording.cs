namespace LpcEngine.Engine;

/// <summary>The work that a step asked its device for, ready to be asked for again.</summary>
internal abstract class StepRecording : IDisposable
{
    /// <summary>Kernels in it.</summary>
    public int Kernels { get; protected set; }

    /// <summary>How it is kept.</summary>
    public abstract Replay Kind { get; }

    /// <summary>Asks the device for all of it.</summary>
    public abstract void Launch();

    /// <summary>Gives back what it holds.</summary>
    public abstract void Dispose();
}

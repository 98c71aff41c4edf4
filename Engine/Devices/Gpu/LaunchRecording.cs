using System.Diagnostics;
using ILGPU.Runtime;

namespace LpcEngine.Engine;

/// <summary>A step's launches, copies and fills as a list: what a CUDA graph is, in portable form.</summary>
internal sealed class LaunchRecording(LaunchQueue queue, AcceleratorStream stream, JobTimes? times) : StepRecording
{
    private readonly List<(string Name, Action Work)> work = [];

    public override Replay Kind => Replay.Launches;

    /// <summary>Runs a step and writes its work down instead of doing it.</summary>
    public void Make(Action step)
    {
        var before = queue.Count;
        queue.Recorded = work;
        try { step(); }
        finally
        {
            queue.Recorded = null;
            (Kernels, queue.Count) = ((int)(queue.Count - before), before);
        }
    }

    public override void Launch()
    {
        foreach (var (name, item) in work)
        {
            var start = times is null ? 0 : Stopwatch.GetTimestamp();
            item();
            if (times is null) continue;
            stream.Synchronize();
            times.Add(name, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
    }

    public override void Dispose() => work.Clear();
}

namespace LpcEngine.Experiments.Data;

/// <summary>Bounds the memory of images that are decoded side by side: large ones wait for each other, the largest is decoded alone.</summary>
/// <param name="pixels">How many pixels may be in memory at once.</param>
internal sealed class PixelBudget(long pixels)
{
    private readonly object gate = new();
    private readonly long all = pixels;
    private long free = pixels;

    /// <summary>Waits until an image may be decoded. Whoever has taken one gives it back before taking another.</summary>
    public void Take(long wanted)
    {
        lock (gate)
        {
            while (free < Share(wanted)) Monitor.Wait(gate);
            free -= Share(wanted);
        }
    }

    /// <summary>Gives back what was taken.</summary>
    public void Give(long taken)
    {
        lock (gate)
        {
            free += Share(taken);
            Monitor.PulseAll(gate);
        }
    }

    private long Share(long wanted) => Math.Min(wanted, all);
}

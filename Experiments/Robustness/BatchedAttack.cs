using LpcEngine.Engine;
using LpcEngine.Experiments.Training;
using LpcEngine.Kernels;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Robustness;

/// <summary>An image under attack: where it stands. Made once for each place of a batch and used again for one image after another.</summary>
/// <param name="imageLength">Numbers of an image.</param>
internal abstract class AttackSlot(int imageLength)
{
    /// <summary>Place of the image among those to be attacked.</summary>
    public int Place;

    /// <summary>Whether the attack has ended.</summary>
    public bool Ended;

    /// <summary>The image as the network sees it.</summary>
    public readonly float[] Image = new float[imageLength];
}

/// <summary>The course of an attack on many images at once: each image of a batch is at a step of its own, and one that is done makes place for the next.</summary>
/// <remarks>What is a step of an image, and when it is done, is the attack's. In steady state nothing is allocated here.</remarks>
/// <typeparam name="TSlot">What the attack knows of an image.</typeparam>
internal abstract class BatchedAttack<TSlot> : IDisposable where TSlot : AttackSlot
{
    private readonly Stack<TSlot> free = [];
    private readonly Tensor epoch;
    private readonly Action step, load;
    private int begun;

    /// <summary>Prepares an attack; the classifier is frozen until <see cref="Dispose"/>.</summary>
    /// <param name="model">The classifier.</param>
    /// <param name="device">Where it lives.</param>
    /// <param name="images">The images.</param>
    /// <param name="chosen">Indices of those to attack.</param>
    /// <param name="batch">The most at a time.</param>
    /// <param name="newSlot">Makes a slot for images of so many numbers.</param>
    protected BatchedAttack(Classifier model, Device device, DeviceImages images, int[] chosen, int batch, Func<int, TSlot> newSlot)
    {
        (Device, Images, Chosen) = (device, images, chosen);
        Network = new FrozenNetwork(model, device, images.ImageShape);
        Batch = Math.Min(batch, chosen.Length);
        for (var i = 0; i < Batch; i++) free.Push(newSlot(Length));
        Points = HostMemory.NewArray<float>(Batch * Length);
        epoch = device.NewKept(new Shape(1), DType.Int32);
        (step, load) = (StepAndRetire, Load);
    }

    /// <summary>The classifier.</summary>
    protected FrozenNetwork Network { get; }

    /// <summary>Where it lives.</summary>
    protected Device Device { get; }

    /// <summary>The images.</summary>
    protected DeviceImages Images { get; }

    /// <summary>Indices of those to attack.</summary>
    protected int[] Chosen { get; }

    /// <summary>The most images at a time.</summary>
    protected int Batch { get; }

    /// <summary>Numbers of an image.</summary>
    protected int Length => Network.ImageLength;

    /// <summary>Room for the points at which a step looks at the network [<see cref="Batch"/>, <see cref="Length"/>].</summary>
    protected float[] Points { get; }

    /// <summary>The images that are under attack, in an order that no result depends on.</summary>
    protected List<TSlot> Active { get; } = [];

    /// <summary>How many images are done.</summary>
    protected int Done { get; private set; }

    /// <summary>A step of all images of the batch, after it has been filled up.</summary>
    internal void TakeStep()
    {
        if (free.Count > 0 && begun < Chosen.Length) Device.Step(load);
        Device.Step(step);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Network.Dispose();
        Device.Free(epoch);
    }

    /// <summary>Attacks the images.</summary>
    /// <param name="progress">Is told after each step how many images are done.</param>
    /// <param name="cancelled">Ends the attack after a step.</param>
    /// <returns>Whether all are done.</returns>
    protected bool RunAll(Action<int>? progress, CancellationToken cancelled)
    {
        while (Done < Chosen.Length)
        {
            if (cancelled.IsCancellationRequested) return false;
            TakeStep();
            progress?.Invoke(Done);
        }
        return true;
    }

    /// <summary>Begins with another image.</summary>
    /// <param name="slot">What is known of it; used before.</param>
    /// <param name="place">Its place among the chosen ones.</param>
    /// <param name="image">The image, normalised; valid during the call.</param>
    protected abstract void Begin(TSlot slot, int place, ReadOnlySpan<float> image);

    /// <summary>A step of each active image, within a step of the device. Ends those that are done.</summary>
    protected abstract void Step();

    /// <summary>Ends an image's attack: its slot is free after the step.</summary>
    protected void End(TSlot slot)
    {
        slot.Ended = true;
        Done++;
    }

    private void Load()
    {
        var count = Math.Min(free.Count, Chosen.Length - begun);
        var (normalised, _) = Images.Batch(Chosen.AsSpan(begun, count), ImageAugmentation.None, 0, epoch);
        normalised.CopyTo(Points.AsSpan(0, count * Length));
        for (var i = 0; i < count; i++)
        {
            var slot = free.Pop();
            (slot.Place, slot.Ended) = (begun, false);
            Begin(slot, begun++, Points.AsSpan(i * Length, Length));
            Active.Add(slot);
        }
    }

    private void StepAndRetire()
    {
        Step();
        for (var i = Active.Count - 1; i >= 0; i--)
        {
            if (!Active[i].Ended) continue;
            free.Push(Active[i]);
            Active.RemoveAt(i);
        }
    }
}

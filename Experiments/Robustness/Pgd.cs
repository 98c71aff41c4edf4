using LpcEngine.Engine;
using LpcEngine.Experiments.Training;
using LpcEngine.Kernels;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Robustness;

/// <summary>Projected gradient ascent: whether a perturbation within a ball makes a classifier err, for several radii and many images at once.</summary>
/// <remarks>
/// <para>Source: Madry et al., arXiv:1706.06083. For an image with pixels p and true label y, from a random δ of the ball:
/// δ ← P(δ + 2.5·ε/steps·d), d = ∇L/‖∇L‖₂ or, for L∞, sign(∇L); L is a loss of the logits at p + δ, P the projection onto the ball ‖δ‖ ≤ ε and
/// 0 ≤ p + δ ≤ 1. An image is fooled when any of the points, the first included, is misclassified.</para>
/// <para>Radii are tried from the smallest on, and none beyond one at which the image is fooled: the perturbation found is in all larger balls, too.
/// An image that is misclassified as it is is not attacked.</para>
/// <para>Everything but the network is computed on the host. Each image of a batch is at a search, radius and step of its own, and one that is done makes
/// place for the next. An image's result depends on the image and its index alone, neither on the batch nor on other images, to the bit. In steady state
/// a step allocates nothing.</para>
/// </remarks>
internal sealed class Pgd : IDisposable
{
    private readonly PgdSettings settings;
    private readonly Device device;
    private readonly FrozenNetwork network;
    private readonly DeviceImages images;
    private readonly int[] chosen;
    private readonly double[]? scales;
    private readonly float[]? perturbations;
    private readonly PgdResult result;
    private readonly List<PgdSlot> active = [];
    private readonly Stack<PgdSlot> free = [];
    private readonly Tensor epoch;
    private readonly Action step, load;
    private readonly bool bounded;
    private readonly int length, classes;
    private readonly float[] points, logits, upstream, gradients;
    private int begun, ended;

    /// <summary>Prepares an attack; the classifier is frozen until <see cref="Dispose"/>.</summary>
    /// <param name="model">The classifier, of at least two classes.</param>
    /// <param name="device">Where it lives.</param>
    /// <param name="images">The images.</param>
    /// <param name="chosen">Indices of those to attack.</param>
    /// <param name="settings">What to do.</param>
    /// <param name="scales">For each chosen image what its radii are multiplied with; null for 1.</param>
    /// <param name="perturbations">Receives of each chosen image the perturbation of its pixels [chosen, H, W, C] that fooled it within the smallest radius, when given.</param>
    public Pgd(
        Classifier model, Device device, DeviceImages images, int[] chosen, PgdSettings settings, double[]? scales = null, float[]? perturbations = null)
    {
        (this.device, this.images, this.chosen, this.settings, this.scales, this.perturbations) = (device, images, chosen, settings, scales, perturbations);
        network = new FrozenNetwork(model, device, images.ImageShape);
        (length, classes, bounded) = (network.ImageLength, model.Classes, settings.Bounded && images.Space.IsBounded);
        result = new PgdResult(settings, new bool[chosen.Length], new double[chosen.Length], new int[chosen.Length, settings.Trials.Length]);
        var batch = Math.Min(settings.Batch, chosen.Length);
        for (var i = 0; i < batch; i++) free.Push(new PgdSlot(length));
        points = HostMemory.NewArray<float>(batch * length);
        gradients = HostMemory.NewArray<float>(batch * length);
        (logits, upstream) = (new float[batch * classes], new float[batch * classes]);
        epoch = device.NewKept(new Shape(1), DType.Int32);
        (step, load) = (Step, Load);
    }

    /// <summary>Attacks the images.</summary>
    /// <param name="progress">Is told after each step how many images are done.</param>
    /// <param name="cancelled">Ends the attack after a step.</param>
    /// <returns>What was found; null when cancelled.</returns>
    public PgdResult? Run(Action<int>? progress = null, CancellationToken cancelled = default)
    {
        while (ended < chosen.Length)
        {
            if (cancelled.IsCancellationRequested) return null;
            TakeStep();
            progress?.Invoke(ended);
        }
        return result;
    }

    /// <summary>A step of all images of the batch, after it has been filled up.</summary>
    internal void TakeStep()
    {
        if (free.Count > 0 && begun < chosen.Length) device.Step(load);
        device.Step(step);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        network.Dispose();
        device.Free(epoch);
    }

    private void Load()
    {
        var count = Math.Min(free.Count, chosen.Length - begun);
        var (normalised, _) = images.Batch(chosen.AsSpan(begun, count), ImageAugmentation.None, 0, epoch);
        normalised.CopyTo(points.AsSpan(0, count * length));
        for (var i = 0; i < count; i++)
        {
            var slot = free.Pop();
            slot.Begin(begun, images.Labels[chosen[begun]], points.AsSpan(i * length, length), images.Space);
            active.Add(slot);
            begun++;
        }
    }

    private void Step()
    {
        var count = active.Count;
        for (var i = 0; i < count; i++) images.Space.Move(active[i].Image, active[i].Delta, points.AsSpan(i * length, length));
        var output = network.Forward(points.AsSpan(0, count * length), count);
        output.Logits.CopyTo(logits.AsSpan(0, count * classes));
        var moving = 0;
        for (var i = 0; i < count; i++)
        {
            var slot = active[i];
            var dY = upstream.AsSpan(i * classes, classes);
            dY.Clear();
            slot.Moves = false;
            var row = logits.AsSpan(i * classes, classes);
            Judge(slot, Logits.Predict(row));
            if (!slot.Moves) continue;
            Logits.Upstream(slot.Trial < 0 ? AttackLoss.CrossEntropy : settings.Trials[slot.Trial].Loss, row, slot.Label, dY);
            moving++;
        }
        if (moving > 0)
        {
            network.ImageGradients(output.Logits, upstream.AsSpan(0, count * classes), gradients.AsSpan(0, count * length));
            for (var i = 0; i < count; i++)
                if (active[i].Moves) Move(active[i], gradients.AsSpan(i * length, length));
        }
        Retire();
    }

    // What the prediction at the present point means for the image: whether it goes on from there, begins elsewhere or is done.
    private void Judge(PgdSlot slot, int predicted)
    {
        if (slot.Trial < 0)
        {
            result.Correct[slot.Place] = slot.Moves = predicted == slot.Label;
            if (!slot.Moves) End(slot);
            return;
        }
        // A prediction that is none does not count as an error: whoever makes a network overflow has not fooled it.
        if (predicted >= 0 && predicted != slot.Label)
        {
            Keep(slot);
            NextTrial(slot, slot.Radius);
        }
        else if (slot.Step < settings.Trials[slot.Trial].Steps) slot.Moves = true;
        else if (slot.Radius + 1 < slot.Bound) BeginRadius(slot, slot.Radius + 1);
        else NextTrial(slot, slot.Bound);
    }

    private void Move(PgdSlot slot, Span<float> gradient)
    {
        if (slot.Trial < 0)
        {
            result.CleanGradients[slot.Place] = FloatVectors.Norm(gradient);
            NextTrial(slot, -1);
            return;
        }
        images.Space.GradientOfPixels(gradient);
        var radius = RadiusOf(slot);
        PixelBall.Ascend(settings.Norm, settings.Reach * radius / settings.Trials[slot.Trial].Steps, gradient, slot.Delta);
        PixelBall.Project(settings.Norm, radius, Bounds(slot), slot.Delta);
        slot.Step++;
    }

    private double RadiusOf(PgdSlot slot) => settings.Radii[slot.Radius] * (scales?[slot.Place] ?? 1);

    private ReadOnlySpan<float> Bounds(PgdSlot slot) => bounded ? slot.Pixels : [];

    // Ends the slot's search with what it has found.
    private void NextTrial(PgdSlot slot, int found)
    {
        if (slot.Trial >= 0) result.Found[slot.Place, slot.Trial] = found;
        while (++slot.Trial < settings.Trials.Length)
        {
            // A check looks for what the attack as a whole has missed, not another check.
            var before = Math.Min(slot.Trial, settings.Attacks) - 1;
            slot.Bound = before < 0 ? settings.Radii.Length : result.Found[slot.Place, before];
            if (slot.Bound > 0)
            {
                BeginRadius(slot, 0);
                return;
            }
            result.Found[slot.Place, slot.Trial] = 0;
        }
        End(slot);
    }

    private void BeginRadius(PgdSlot slot, int radius)
    {
        (slot.Radius, slot.Step) = (radius, 0);
        var stream = RandomStreams.AttackStarts + (uint)settings.Trials[slot.Trial].Start;
        PixelBall.Start(settings.Norm, RadiusOf(slot), Bounds(slot), slot.Delta, settings.Seed, stream, chosen[slot.Place]);
    }

    private void Keep(PgdSlot slot)
    {
        if (perturbations is null) return;
        for (var trial = 0; trial < slot.Trial; trial++)
            if (result.Found[slot.Place, trial] <= slot.Radius) return;
        slot.Delta.CopyTo(perturbations, (long)slot.Place * length);
    }

    private void End(PgdSlot slot)
    {
        slot.Ended = true;
        ended++;
    }

    private void Retire()
    {
        for (var i = active.Count - 1; i >= 0; i--)
        {
            if (!active[i].Ended) continue;
            free.Push(active[i]);
            active.RemoveAt(i);
        }
    }
}

using LpcEngine.Engine;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Robustness;

/// <summary>Projected gradient ascent: whether a perturbation within a ball makes a classifier err, for several radii and many images at once.</summary>
/// <remarks>
/// <para>Source: Madry et al., arXiv:1706.06083. For an image with pixels p and true label y, from a random δ of the ball:
/// δ ← P(δ + 2.5·ε/steps·d), d = ∇L/‖∇L‖₂ or, for L∞, sign(∇L); L is a loss of the logits at p + δ, P the projection onto the ball ‖δ‖ ≤ ε and
/// 0 ≤ p + δ ≤ 1. An image is fooled when any of the points, the first included, is misclassified.</para>
/// <para>Radii are tried from the smallest on, and none beyond one at which the image is fooled: the perturbation found is in all larger balls, too.
/// An image that is misclassified as it is is not attacked.</para>
/// <para>Everything but the network is computed on the host. Each image of a batch is at a search, radius and step of its own. An image's
/// result depends on the image and its index alone, neither on the batch nor on other images, to the bit. In steady state
/// a step allocates nothing.</para>
/// </remarks>
internal sealed class Pgd : BatchedAttack<PgdSlot>
{
    private readonly PgdSettings settings;
    private readonly double[]? scales;
    private readonly float[]? perturbations;
    private readonly PgdResult result;
    private readonly bool bounded;
    private readonly int classes;
    private readonly float[] logits, upstream, gradients;

    /// <summary>Prepares an attack; the classifier is frozen until <see cref="BatchedAttack{TSlot}.Dispose"/>.</summary>
    /// <param name="model">The classifier, of at least two classes.</param>
    /// <param name="device">Where it lives.</param>
    /// <param name="images">The images.</param>
    /// <param name="chosen">Indices of those to attack.</param>
    /// <param name="settings">What to do.</param>
    /// <param name="scales">For each chosen image what its radii are multiplied with; null for 1.</param>
    /// <param name="perturbations">Receives of each chosen image the perturbation of its pixels [chosen, H, W, C] that fooled it within the smallest radius, when given.</param>
    public Pgd(
        Classifier model, Device device, DeviceImages images, int[] chosen, PgdSettings settings, double[]? scales = null, float[]? perturbations = null)
        : base(model, device, images, chosen, settings.Batch, length => new PgdSlot(length))
    {
        (this.settings, this.scales, this.perturbations) = (settings, scales, perturbations);
        (classes, bounded) = (model.Classes, settings.Bounded && images.Space.IsBounded);
        result = new PgdResult(settings, new bool[chosen.Length], new double[chosen.Length], new int[chosen.Length, settings.Trials.Length]);
        gradients = HostMemory.NewArray<float>(Batch * Length);
        (logits, upstream) = (new float[Batch * classes], new float[Batch * classes]);
    }

    /// <summary>Attacks the images.</summary>
    /// <param name="progress">Is told after each step how many images are done.</param>
    /// <param name="cancelled">Ends the attack after a step.</param>
    /// <returns>What was found; null when cancelled.</returns>
    public PgdResult? Run(Action<int>? progress = null, CancellationToken cancelled = default) => RunAll(progress, cancelled) ? result : null;

    protected override void Begin(PgdSlot slot, int place, ReadOnlySpan<float> image) => slot.Begin(Images.Labels[Chosen[place]], image, Images.Space);

    protected override void Step()
    {
        var count = Active.Count;
        for (var i = 0; i < count; i++) Images.Space.Move(Active[i].Image, Active[i].Delta, Points.AsSpan(i * Length, Length));
        var output = Network.Forward(Points.AsSpan(0, count * Length), count);
        output.Logits.CopyTo(logits.AsSpan(0, count * classes));
        var moving = 0;
        for (var i = 0; i < count; i++)
        {
            var slot = Active[i];
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
            Network.ImageGradients(output.Logits, upstream.AsSpan(0, count * classes), gradients.AsSpan(0, count * Length));
            for (var i = 0; i < count; i++)
                if (Active[i].Moves) Move(Active[i], gradients.AsSpan(i * Length, Length));
        }
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
        Images.Space.GradientOfPixels(gradient);
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
        PixelBall.Start(settings.Norm, RadiusOf(slot), Bounds(slot), slot.Delta, settings.Seed, stream, Chosen[slot.Place]);
    }

    private void Keep(PgdSlot slot)
    {
        if (perturbations is null) return;
        for (var trial = 0; trial < slot.Trial; trial++)
            if (result.Found[slot.Place, trial] <= slot.Radius) return;
        slot.Delta.CopyTo(perturbations, (long)slot.Place * Length);
    }
}

using LpcEngine.Engine;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Robustness;

/// <summary>DeepFool, an estimate of the smallest perturbation that changes a classifier's prediction, on many images at once.</summary>
/// <remarks>
/// <para>Source: Moosavi-Dezfooli, Fawzi and Frossard, arXiv:1511.04599; constants as in the code of arXiv:2310.08224. For a normalised image x with
/// the prediction 0 and the K classes of highest logit, starting with r = 0, at x′ = x + (1 + overshoot)·r:</para>
/// <para>w_k = ∇f_k − ∇f_0, g_k = f_k − f_0; for the k with the smallest |g_k|/‖w_k‖: r ← r + (|g_k|/‖w_k‖ + 1e-4)·w_k/‖w_k‖,
/// until the prediction among all classes differs or 50 steps are done. The perturbation is (1 + overshoot)·r.</para>
/// <para>One forward pass serves all gradients of a step, and no gradient of a weight is computed. A gradient for each k takes K − 1 backward passes
/// on the same activations. The logits are linear in the d latents z, f = W·z, so where d &lt; K − 1 the d gradients of z are computed instead, and
/// w_k = Σ_j (W_jk − W_j0)·∇z_j.</para>
/// <para>Everything but the network is computed on the host. A step of an image moves it to the device, and min(K − 1, d) gradients of the same size
/// and the logits back: 120 KB for CIFAR with K = 10. An image's result depends on the image alone: neither on the batch nor on other images, to the
/// bit. In steady state a step allocates nothing.</para>
/// </remarks>
internal sealed class DeepFool : BatchedAttack<DeepFoolSlot>
{
    private readonly DeepFoolSettings settings;
    private readonly float[]? perturbations;
    private readonly DeepFoolImage[] results;
    private readonly int classes, latents;
    private readonly float[] logits, upstream, gradients, normal, lastWeight;

    /// <summary>Prepares an attack; the classifier is frozen until <see cref="BatchedAttack{TSlot}.Dispose"/>.</summary>
    /// <param name="model">The classifier.</param>
    /// <param name="device">Where it lives.</param>
    /// <param name="images">The images.</param>
    /// <param name="chosen">Indices of those to attack.</param>
    /// <param name="settings">The constants.</param>
    /// <param name="perturbations">Receives the perturbations [chosen, H, W, C] when given.</param>
    public DeepFool(Classifier model, Device device, DeviceImages images, int[] chosen, DeepFoolSettings settings, float[]? perturbations = null)
        : base(model, device, images, chosen, settings.Batch, length => new DeepFoolSlot(length, Math.Min(settings.Classes, model.Classes)))
    {
        (this.settings, this.perturbations) = (settings, perturbations);
        results = new DeepFoolImage[chosen.Length];
        classes = Math.Min(settings.Classes, model.Classes);
        latents = settings.ThroughLatents ?? model.Latents < classes - 1 ? model.Latents : 0;
        logits = new float[Batch * model.Classes];
        upstream = new float[Batch * Math.Max(model.Classes, latents)];
        gradients = HostMemory.NewArray<float>(checked(Math.Max(latents, 1) * Batch * Length));
        normal = latents > 0 ? new float[Length] : [];
        lastWeight = latents > 0 ? model.LastWeight.ToFloats() : [];
    }

    private int BackwardPasses => latents > 0 ? latents : classes - 1;

    private int AllClasses => Network.Model.Classes;

    /// <summary>Attacks the images.</summary>
    /// <param name="progress">Is told after each step how many images are done.</param>
    /// <param name="cancelled">Ends the attack after a step.</param>
    /// <returns>What was found; null when cancelled.</returns>
    public DeepFoolResult? Run(Action<int>? progress = null, CancellationToken cancelled = default) => RunAll(progress, cancelled) ? new DeepFoolResult(results) : null;

    protected override void Begin(DeepFoolSlot slot, int place, ReadOnlySpan<float> image) => slot.Begin(image);

    protected override void Step()
    {
        var count = Active.Count;
        for (var i = 0; i < count; i++)
            FloatVectors.AddScaled(Active[i].Image, 1 + settings.Overshoot, Active[i].Perturbation, Points.AsSpan(i * Length, Length));
        var output = Network.Forward(Points.AsSpan(0, count * Length), count);
        output.Logits.CopyTo(logits.AsSpan(0, count * AllClasses));
        var before = Done;
        for (var i = 0; i < count; i++) Judge(Active[i], LogitsOf(i));
        var (done, left) = (Done - before, count - (Done - before));
        // Backward passes run over the whole batch. Where many images are done, another forward pass of those left costs less.
        if (done * BackwardPasses <= left) Move(output, count);
    }

    private ReadOnlySpan<float> LogitsOf(int i) => logits.AsSpan(i * AllClasses, AllClasses);

    // Whether the last step has done it.
    private void Judge(DeepFoolSlot slot, ReadOnlySpan<float> row)
    {
        foreach (var logit in row)
        {
            if (float.IsFinite(logit)) continue;
            End(slot, -1, DeepFoolEnd.NonFinite);
            return;
        }
        if (slot.Iterations == 0) slot.Rank(row);
        var best = 0;
        for (var k = 1; k < row.Length; k++)
            if (row[k] > row[best]) best = k;
        if (best != slot.Label) End(slot, best, DeepFoolEnd.Fooled);
        else if (slot.Iterations == settings.Iterations) End(slot, best, DeepFoolEnd.Withstood);
    }

    private void Move(ClassifierOutput output, int count)
    {
        foreach (var slot in Active) slot.Distance = double.PositiveInfinity;
        if (latents > 0) ConsiderThroughLatents(output.Latents, count);
        else ConsiderEachClass(output.Logits, count);
        foreach (var slot in Active)
        {
            if (slot.Ended) continue;
            if (double.IsInfinity(slot.Distance)) End(slot, slot.Label, DeepFoolEnd.NonFinite);
            else slot.Move(settings.LeastStep);
        }
    }

    private void ConsiderEachClass(Tensor y, int count)
    {
        var dY = upstream.AsSpan(0, count * AllClasses);
        for (var rank = 1; rank < classes; rank++)
        {
            dY.Clear();
            for (var i = 0; i < count; i++)
                if (!Active[i].Ended) (dY[i * AllClasses + Active[i].Classes[rank]], dY[i * AllClasses + Active[i].Label]) = (1, -1);
            Network.ImageGradients(y, dY, gradients.AsSpan(0, count * Length));
            for (var i = 0; i < count; i++)
                if (!Active[i].Ended) Active[i].Consider(Difference(i, rank), gradients.AsSpan(i * Length, Length));
        }
    }

    private void ConsiderThroughLatents(Tensor z, int count)
    {
        var dZ = upstream.AsSpan(0, count * latents);
        for (var j = 0; j < latents; j++)
        {
            dZ.Clear();
            for (var i = 0; i < count; i++) dZ[i * latents + j] = 1;
            Network.ImageGradients(z, dZ, gradients.AsSpan(j * count * Length, count * Length));
        }
        for (var i = 0; i < count; i++)
        {
            if (Active[i].Ended) continue;
            for (var rank = 1; rank < classes; rank++)
            {
                Combine(Active[i], rank, i, count);
                Active[i].Consider(Difference(i, rank), normal);
            }
        }
    }

    // w_k = Σ_j (W_jk − W_j0)·∇z_j.
    private void Combine(DeepFoolSlot slot, int rank, int i, int count)
    {
        normal.AsSpan().Clear();
        for (var j = 0; j < latents; j++)
        {
            var weight = (double)lastWeight[j * AllClasses + slot.Classes[rank]] - lastWeight[j * AllClasses + slot.Label];
            FloatVectors.AddScaled(normal, weight, gradients.AsSpan((j * count + i) * Length, Length), normal);
        }
    }

    // g_k = f_k − f_0.
    private double Difference(int i, int rank)
    {
        var row = LogitsOf(i);
        return (double)row[Active[i].Classes[rank]] - row[Active[i].Label];
    }

    private void End(DeepFoolSlot slot, int finalLabel, DeepFoolEnd end)
    {
        var overshoot = 1 + settings.Overshoot;
        var result = new DeepFoolImage(Chosen[slot.Place], slot.Label, finalLabel, slot.Iterations, overshoot * FloatVectors.Norm(slot.Perturbation), slot.ImageNorm, end)
        {
            IsCorrect = slot.Label == Images.Labels[Chosen[slot.Place]], PixelNorm = overshoot * Images.Space.Length(slot.Perturbation),
        };
        results[slot.Place] = double.IsFinite(result.Relative) ? result : result with { End = DeepFoolEnd.NonFinite };
        if (perturbations is not null)
            for (var v = 0; v < Length; v++) perturbations[(long)slot.Place * Length + v] = (float)(overshoot * slot.Perturbation[v]);
        End(slot);
    }
}

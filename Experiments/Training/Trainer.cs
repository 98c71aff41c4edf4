using LpcEngine.Engine;
using LpcEngine.Kernels;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>Takes training steps: a batch, forward, loss, backward, AdamW. Knows where in which epoch it is, nothing of files or screens.</summary>
/// <remarks>
/// What a step does is a function of the state that <see cref="Checkpoint"/> saves: the order of the images and their augmentation follow from
/// seed and epoch alone. Two groups of parameters share AdamW: the last classifier keeps the base rate, the rest follows the schedule.
/// </remarks>
internal sealed class Trainer
{
    private const int RestGroup = 0, ClassifierGroup = 1;

    private readonly RunConfig config;
    private readonly Device device;
    private readonly DeviceImages images;
    private readonly Tensor gamma, scale, margin, epochTensor, tally;
    private readonly int[] order;
    private readonly Action step, probeStep;
    private StepResult last;
    private float probe;

    public Trainer(RunConfig config, Classifier model, DeviceImages images, Device device)
    {
        (this.config, Model, this.images, this.device) = (config, model, images, device);
        var classifier = model.Parameters().Where(parameter => parameter.Tensor == model.LastWeight).ToArray();
        var rest = model.Parameters().Where(parameter => parameter.Tensor != model.LastWeight);
        Optimizer = new AdamW([new ParameterGroup("rest", rest), new ParameterGroup("classifier", classifier)], config.WeightDecay);
        (gamma, scale, margin) = (device.NewKept(Shape.Scalar), device.NewKept(Shape.Scalar), device.NewKept(Shape.Scalar));
        epochTensor = device.NewKept(new Shape(1), DType.Int32);
        tally = device.NewKept(new Shape(TallyOp.Length));
        order = new int[images.Count];
        (step, probeStep) = (Step, Probe);
        BeginEpoch(1);
    }

    public Classifier Model { get; }

    public AdamW Optimizer { get; }

    /// <summary>The epoch that the next step belongs to, from 1.</summary>
    public int Epoch { get; private set; }

    /// <summary>Steps done in this epoch.</summary>
    public int StepOfEpoch { get; private set; }

    /// <summary>Length of the run in epochs.</summary>
    public int Epochs => config.Epochs;

    public int StepsPerEpoch => Tiling.Count(images.Count, config.Batch);

    public bool EpochIsComplete => StepOfEpoch == StepsPerEpoch;

    public double Gamma { get; private set; }

    public double Rate { get; private set; }

    /// <summary>Scale and margin of the logits in this epoch; null where the variant has none.</summary>
    public double? Scale { get; private set; }

    /// <inheritdoc cref="Scale"/>
    public double? Margin { get; private set; }

    /// <summary>Whether the loss has a contrastive term.</summary>
    public bool HasContrastive => config.Contrastive;

    /// <summary>Sums over this epoch so far, on the device.</summary>
    public Tensor Tally => tally;

    /// <summary>Starts an epoch: its order, its rate, its gamma, its scale and margin.</summary>
    public void BeginEpoch(int epoch)
    {
        (Epoch, StepOfEpoch) = (epoch, 0);
        if (config.Shuffle) Philox.Permutation(order, (ulong)config.Seed, RandomStreams.ImageOrder + (uint)epoch);
        else for (var i = 0; i < order.Length; i++) order[i] = i;
        (Rate, Gamma) = (config.Rate.At(epoch), config.Penalty ? config.Gamma.At(epoch) : 0);
        (Scale, Margin) = (config.MarginSchedule?.Scale.At(epoch), config.MarginSchedule?.Margin.At(epoch));
        Optimizer.SetRate(RestGroup, Rate);
        Optimizer.SetRate(ClassifierGroup, config.Rate.Base);
        epochTensor.CopyFrom<int>([epoch]);
        gamma.CopyFrom<float>([(float)Gamma]);
        scale.CopyFrom<float>([(float)(Scale ?? 0)]);
        margin.CopyFrom<float>([(float)(Margin ?? 0)]);
        device.Fill(tally, 0);
    }

    /// <summary>Goes to a place within an epoch, for resuming; the caller restores all tensors.</summary>
    public void Resume(int epoch, int stepOfEpoch)
    {
        BeginEpoch(epoch);
        StepOfEpoch = stepOfEpoch;
    }

    /// <summary>One training step.</summary>
    /// <param name="wantLosses">Read this batch's losses back; waits for the device.</param>
    /// <returns>The batch's mean losses when wanted.</returns>
    public StepResult TakeStep(bool wantLosses)
    {
        (readLosses, last) = (wantLosses, default);
        Model.Training = true;
        device.Step(step);
        StepOfEpoch++;
        return last;
    }

    /// <summary>Whether the network still computes numbers: the cross-entropy of one batch, in evaluation mode, with the weights as they are now.</summary>
    /// <remarks>An epoch's sums come from losses before each update; the update that destroys the weights shows only in the next batch.</remarks>
    public bool GivesNumbers()
    {
        probe = float.NaN;
        Model.Training = false;
        using (device.Tape.Pause()) device.Step(probeStep);
        return float.IsFinite(probe);
    }

    private void Probe()
    {
        var (x, labels) = images.Batch(order.AsSpan(0, Math.Min(config.Batch, order.Length)), ImageAugmentation.None, (ulong)config.Seed, epochTensor);
        var output = Model.Forward(x);
        output.Logits.SoftmaxCrossEntropy(labels).CopyTo(new Span<float>(ref probe));
    }

    /// <summary>Times steps without changing anything: running statistics and sums are put back, parameters are not updated.</summary>
    /// <param name="steps">How many to time, after one that warms up.</param>
    /// <returns>Seconds of the fastest one.</returns>
    public double TimeStep(int steps)
    {
        var changed = Model.State().Where(tensor => !tensor.IsParameter).Select(tensor => tensor.Tensor).Append(tally);
        var buffers = changed.Select(tensor => (Tensor: tensor, Values: tensor.ToFloats())).ToArray();
        var counters = Model.Counters().Select(counter => (counter, Value: counter.Get())).ToArray();
        var best = double.MaxValue;
        Model.Training = true;
        for (var i = 0; i <= steps; i++)
        {
            var start = System.Diagnostics.Stopwatch.GetTimestamp();
            device.Step(ForwardAndBackward);
            device.Synchronize();
            if (i > 0) best = Math.Min(best, System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        foreach (var (tensor, values) in buffers) tensor.CopyFrom<float>(values);
        foreach (var (counter, value) in counters) counter.Set(value);
        return best;
    }

    private bool readLosses;

    private void Step()
    {
        var terms = ForwardAndBackwardLosses();
        Optimizer.Update();
        if (readLosses) last = new StepResult(Read(terms.CrossEntropy), Read(terms.Penalty), Read(terms.Contrastive));
    }

    private static double Read(Tensor? term)
    {
        if (term is null) return 0;
        var value = 0f;
        term.CopyTo(new Span<float>(ref value));
        return value;
    }

    private void ForwardAndBackward() => ForwardAndBackwardLosses();

    private Terms ForwardAndBackwardLosses()
    {
        var start = Math.Min(StepOfEpoch, StepsPerEpoch - 1) * config.Batch;
        var chosen = order.AsSpan(start, Math.Min(config.Batch, order.Length - start));
        var augmentation = !config.Augment ? ImageAugmentation.None : config.Flip ? ImageAugmentation.CropFlip : ImageAugmentation.Crop;
        var (x, labels) = images.Batch(chosen, augmentation, (ulong)config.Seed, epochTensor);
        var output = Model.Forward(x);
        var terms = new Terms(
            TrainingLogits(output, labels).SoftmaxCrossEntropy(labels),
            config.Penalty ? output.Latents.LatentPenalty(gamma) : null,
            config.Contrastive ? output.Features.Contrastive(labels) : null);
        // Accuracy is that of the plain logits, as in evaluation.
        TallyOp.Tally(tally, output.Logits, labels, terms.CrossEntropy, terms.Penalty, terms.Contrastive);
        device.Tape.Backward(terms.Sum(), releaseActivations: true);
        return terms;
    }

    private Tensor TrainingLogits(ClassifierOutput output, Tensor labels) => config.Margin == LpcEngine.Models.Margin.None
        ? output.Logits
        : output.Features.MarginLogits(Model.LastWeight, labels, config.Margin, scale, margin);

    /// <summary>What the loss of a batch is the sum of.</summary>
    private readonly record struct Terms(Tensor CrossEntropy, Tensor? Penalty, Tensor? Contrastive)
    {
        public Tensor Sum()
        {
            var sum = CrossEntropy;
            if (Penalty is not null) sum = sum.Add(Penalty);
            return Contrastive is null ? sum : sum.Add(Contrastive);
        }
    }
}

/// <summary>A batch's mean losses.</summary>
/// <param name="CrossEntropy">Mean cross-entropy, with a margin where the variant has one.</param>
/// <param name="Penalty">gamma·mean(z²).</param>
/// <param name="Contrastive">Mean contrastive loss.</param>
internal readonly record struct StepResult(double CrossEntropy, double Penalty, double Contrastive)
{
    public double Loss => CrossEntropy + Penalty + Contrastive;
}

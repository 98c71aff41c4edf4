using LpcEngine.Engine;
using LpcEngine.Kernels;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>Takes training steps: a batch, forward, loss, backward, AdamW. Knows where in which epoch it is, nothing of files or screens.</summary>
/// <remarks>
/// What a step does is a function of the state that <see cref="Checkpoint"/> saves: the order of the images and their augmentation follow from
/// seed and epoch alone. Two groups of parameters share AdamW: the last classifier keeps the base rate, the rest follows the schedule.
/// Everything that changes from step to step lies on the device (which images, the rates, the losses), so a step is recorded once and replayed (<see cref="CapturedStep"/>), and the device never waits
/// for its losses to be read.
/// </remarks>
internal sealed class Trainer
{
    private const int RestGroup = 0, ClassifierGroup = 1;

    private readonly RunConfig config;
    private readonly Device device;
    private readonly DeviceImages images;
    private readonly Tensor gamma, scale, margin, epochTensor, orderTensor, stepTensor;
    private readonly CapturedStep step, lastStep;
    private readonly Action shuffle, probeStep;
    private Action? betweenPasses;
    private float probe;

    public Trainer(RunConfig config, Classifier model, DeviceImages images, Device device)
    {
        (this.config, Model, this.images, this.device) = (config, model, images, device);
        var classifier = model.Parameters().Where(parameter => parameter.Tensor == model.LastWeight).ToArray();
        var rest = model.Parameters().Where(parameter => parameter.Tensor != model.LastWeight);
        Optimizer = new AdamW([new ParameterGroup("rest", rest), new ParameterGroup("classifier", classifier)], config.WeightDecay);
        (gamma, scale, margin) = (device.NewKept(Shape.Scalar), device.NewKept(Shape.Scalar), device.NewKept(Shape.Scalar));
        (epochTensor, stepTensor) = (device.NewKept(new Shape(1), DType.Int32), device.NewKept(new Shape(1), DType.Int32));
        orderTensor = device.NewKept<int>(new Shape(images.Count), [.. Enumerable.Range(0, images.Count)]);
        Losses = new EpochLosses(device, StepsPerEpoch);
        step = new CapturedStep(device, () => Step(config.Batch));
        lastStep = LastBatch == config.Batch ? step : new CapturedStep(device, () => Step(LastBatch));
        (shuffle, probeStep) = (Shuffle, Probe);
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

    /// <summary>What this epoch's steps have lost so far.</summary>
    public EpochLosses Losses { get; }

    /// <summary>Starts an epoch: its order, its rate, its gamma, its scale and margin.</summary>
    public void BeginEpoch(int epoch)
    {
        (Epoch, StepOfEpoch) = (epoch, 0);
        if (config.Shuffle) device.Step(shuffle);
        (Rate, Gamma) = (config.Rate.At(epoch), config.Penalty ? config.Gamma.At(epoch) : 0);
        (Scale, Margin) = (config.MarginSchedule?.Scale.At(epoch), config.MarginSchedule?.Margin.At(epoch));
        Optimizer.SetRate(RestGroup, Rate);
        Optimizer.SetRate(ClassifierGroup, config.Rate.Base);
        stepTensor.CopyFrom<int>([0]);
        epochTensor.CopyFrom<int>([epoch]);
        gamma.CopyFrom<float>([(float)Gamma]);
        scale.CopyFrom<float>([(float)(Scale ?? 0)]);
        margin.CopyFrom<float>([(float)(Margin ?? 0)]);
        device.Fill(Losses.Tally, 0);
        Losses.Forget();
    }

    private void Shuffle() => ShuffleOp.Shuffle(orderTensor, (ulong)config.Seed, RandomStreams.ImageOrder + (uint)Epoch);

    /// <summary>Goes to a place within an epoch, for resuming; the caller restores all tensors.</summary>
    public void Resume(int epoch, int stepOfEpoch)
    {
        BeginEpoch(epoch);
        StepOfEpoch = stepOfEpoch;
        stepTensor.CopyFrom<int>([stepOfEpoch]);
    }

    /// <summary>One training step; not waited for.</summary>
    public void TakeStep()
    {
        Model.Training = true;
        Optimizer.Advance();
        (StepOfEpoch == StepsPerEpoch - 1 ? lastStep : step).Run();
        StepOfEpoch++;
    }

    /// <summary>One training step by its code, with a look at what the forward pass has computed.</summary>
    /// <param name="look">Runs between the forward and the backward pass.</param>
    public void TakeStep(Action look)
    {
        (betweenPasses, device.ReplaysSteps) = (look, false);
        try { TakeStep(); }
        finally { (betweenPasses, device.ReplaysSteps) = (null, true); }
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
        var first = device.New(new Shape(1), DType.Int32);
        first.CopyFrom<int>([0]);
        var indices = ImagesOp.NextBatch(orderTensor, first, config.Batch, Math.Min(config.Batch, images.Count));
        var (x, labels) = images.Batch(indices, ImageAugmentation.None, (ulong)config.Seed, epochTensor);
        var output = Model.Forward(x);
        output.Logits.SoftmaxCrossEntropy(labels).CopyTo(new Span<float>(ref probe));
    }

    /// <summary>Times steps without changing anything: running statistics and sums are put back, parameters are not updated.</summary>
    /// <param name="steps">How many to time at least, after one that warms up; more as long as little time has passed, since the first steps find the code not yet optimised.</param>
    /// <returns>Their median: the fastest would promise too much on a machine with other work.</returns>
    public StepTime TimeStep(int steps)
    {
        const int Most = 30;
        const double LeastSeconds = 1.5;
        var changed = Model.State().Where(tensor => !tensor.IsParameter).Select(tensor => tensor.Tensor).Concat(Losses.State);
        var buffers = changed.Select(tensor => (Tensor: tensor, Values: tensor.ToFloats())).ToArray();
        var counters = Model.Counters().Select(counter => (counter, Value: counter.Get())).ToArray();
        var count = Math.Min(config.Batch, images.Count);
        using var timed = new CapturedStep(device, () => ForwardAndBackward(count));
        var times = new List<double>();
        Model.Training = true;
        for (var i = 0; i <= steps || (i <= Most && times.Sum() < LeastSeconds); i++)
        {
            stepTensor.CopyFrom<int>([0]);
            var start = System.Diagnostics.Stopwatch.GetTimestamp();
            timed.Run();
            device.Synchronize();
            if (i > 0) times.Add(System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        foreach (var (tensor, values) in buffers) tensor.CopyFrom<float>(values);
        foreach (var (counter, value) in counters) counter.Set(value);
        stepTensor.CopyFrom<int>([StepOfEpoch]);
        return new(times.Order().ElementAt(times.Count / 2), timed.Kernels, timed.Kind);
    }

    /// <summary>Times a forward pass in evaluation mode, without changing anything.</summary>
    /// <returns>Seconds an image: the median of a few batches after one that warms up.</returns>
    public double TimeEvaluation()
    {
        const int Most = 5;
        const double LeastSeconds = 0.3;
        var times = new List<double>();
        for (var i = 0; i <= 1 || (i <= Most && times.Sum() < LeastSeconds); i++)
        {
            var start = System.Diagnostics.Stopwatch.GetTimestamp();
            GivesNumbers();
            if (i > 0) times.Add(System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return times.Order().ElementAt(times.Count / 2) / Math.Min(config.Batch, images.Count);
    }

    /// <summary>Takes a step's memory without its results: forward and backward over the epoch's first images. Statistics and sums are spoiled, so nothing can be trained afterwards.</summary>
    /// <param name="count">How many images, at most a batch.</param>
    /// <returns>Bytes in use at the step's peak.</returns>
    /// <exception cref="TooLittleMemoryException">The device has less.</exception>
    public long StepMemory(int count)
    {
        device.FreeStepMemory();
        Model.Training = true;
        // The second step finds the places of the first one free, in another order.
        for (var i = 0; i < 2; i++)
        {
            stepTensor.CopyFrom<int>([0]);
            device.Step(() => ForwardAndBackward(count));
        }
        device.Synchronize();
        return device.Statistics.ArenaPeakBytes;
    }

    // Images of an epoch's last batch.
    private int LastBatch => images.Count - (StepsPerEpoch - 1) * config.Batch;

    private void Step(int count)
    {
        ForwardAndBackward(count);
        Optimizer.Apply();
    }

    private void ForwardAndBackward(int count)
    {
        var augmentation = !config.Augment ? ImageAugmentation.None : config.Flip ? ImageAugmentation.CropFlip : ImageAugmentation.Crop;
        var (x, labels) = images.Batch(ImagesOp.NextBatch(orderTensor, stepTensor, config.Batch, count), augmentation, (ulong)config.Seed, epochTensor);
        var output = Model.Forward(x);
        var terms = new Terms(
            TrainingLogits(output, labels).SoftmaxCrossEntropy(labels),
            config.Penalty ? output.Latents.LatentPenalty(gamma) : null,
            config.Contrastive ? output.Features.Contrastive(labels) : null);
        Losses.Add(stepTensor, output.Logits, labels, terms.CrossEntropy, terms.Penalty, terms.Contrastive);
        var loss = terms.Sum();
        betweenPasses?.Invoke();
        device.Tape.Backward(loss, releaseActivations: true);
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

/// <summary>What a step costs.</summary>
/// <param name="Seconds">Seconds.</param>
/// <param name="Kernels">Kernels that it launches on an ILGPU device; 0 where none are.</param>
/// <param name="Kind">How it is replayed.</param>
internal readonly record struct StepTime(double Seconds, int Kernels, Replay Kind);

namespace LpcEngine.Tests.Engine;

/// <summary>In steady state a training step allocates nothing, neither on the managed heap nor on the device.</summary>
public sealed class AllocationTests
{
    private const int Batch = 8;

    [Test]
    public void A_step_on_the_cpu_allocates_nothing([Values(1, 2)] int threads)
    {
        using var device = new CpuDevice(threads);
        var training = new Training(device);
        for (var step = 0; step < 10; step++) training.Step();
        var (statistics, native) = (device.Statistics, NativeMemory64.LiveBytes);
        var (managed, own) = (WorkerAllocations.Read(device.Pool), GC.GetAllocatedBytesForCurrentThread());
        // The optimizer uploads its numbers again after 256 updates: more steps than that, so that this is seen too.
        for (var step = 0; step < 300; step++) training.Step();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - own, Is.Zero, "managed bytes of the calling thread");
        Assert.That(WorkerAllocations.Read(device.Pool)[1..], Is.EqualTo(managed[1..]), "managed bytes of the workers");
        Assert.That(device.Statistics, Is.EqualTo(statistics));
        Assert.That(NativeMemory64.LiveBytes, Is.EqualTo(native), "native bytes");
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void A_step_allocates_no_device_memory(string name)
    {
        if (name is "cpu" or "emulator") Assert.Ignore("The cpu has a stricter test; the emulator would take minutes.");
        var device = TestDevices.Get(name);
        var training = new Training(device);
        for (var step = 0; step < 10; step++) training.Step();
        device.Synchronize();
        var statistics = device.Statistics;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var step = 0; step < 20; step++) training.Step();
        device.Synchronize();
        var managed = (GC.GetAllocatedBytesForCurrentThread() - before) / 20;
        Assert.That(device.Statistics, Is.EqualTo(statistics));
        TestContext.Out.WriteLine($"{name}: {managed} managed bytes a step, launches and copies of ILGPU included");
        Assert.That(managed, Is.LessThan(1000));
    }

    /// <summary>A small network with one of each kind of operation, and everything that surrounds it in training.</summary>
    private sealed class Training
    {
        private readonly Device device;
        private readonly Tensor images, labels, indices, mean, inverse, epoch, gamma, tally;
        private readonly Tensor filter, shortcut, scale, shift, runningMean, runningVariance, penultimate, bias, classifier;
        private readonly AdamW optimizer;
        private readonly Action body;

        public Training(Device device)
        {
            this.device = device;
            var random = new Random(1);
            var pixels = new byte[20 * 8 * 8 * 3];
            random.NextBytes(pixels);
            images = device.NewKept<byte>(new Shape(20, 8, 8, 3), pixels);
            labels = device.NewKept<int>(new Shape(20), Enumerable.Range(0, 20).Select(i => i % 10).ToArray());
            indices = device.NewKept<int>(new Shape(Batch), Enumerable.Range(3, Batch).ToArray());
            (mean, inverse) = (Filled(0.5f, new(3)), Filled(4, new(3)));
            epoch = device.NewKept<int>(new Shape(1), [3]);
            (gamma, tally) = (Filled(0.1f, Shape.Scalar), device.NewKept(new Shape(TallyOp.Length)));
            (runningMean, runningVariance) = (Filled(0, new(16)), Filled(1, new(16)));
            filter = Parameter(new(3, 3, 3, 16), random);
            shortcut = Parameter(new(1, 1, 3, 16), random);
            (scale, shift) = (Parameter(new(16), random), Parameter(new(16), random));
            (penultimate, bias, classifier) = (Parameter(new(16, 12), random), Parameter(new(12), random), Parameter(new(12, 10), random));
            NamedTensor[] rest = [Named(filter), Named(shortcut), Named(scale), Named(shift), Named(penultimate), Named(bias)];
            optimizer = new AdamW([new ParameterGroup("rest", rest), new ParameterGroup("classifier", [Named(classifier)])]);
            body = Run;
        }

        public void Step() => device.Step(body);

        private void Run()
        {
            var x = ImagesOp.GatherImages(images, indices, mean, inverse, ImageAugmentation.CropFlip, 5, epoch);
            var t = ImagesOp.GatherLabels(labels, indices);
            var h = x.Conv2d(filter, padding: 1).BatchNormAddSwish(x.Conv2d(shortcut), scale, shift, runningMean, runningVariance, training: true).MaxPool();
            var z = h.GlobalAveragePool().Linear(penultimate, bias);
            var logits = z.Swish().NormaliseRows().Linear(classifier);
            var crossEntropy = logits.SoftmaxCrossEntropy(t);
            var penalty = z.LatentPenalty(gamma);
            var loss = crossEntropy.Add(penalty);
            device.Tape.Backward(loss, releaseActivations: true);
            optimizer.Update();
            TallyOp.Tally(tally, logits, t, crossEntropy, penalty);
        }

        private static NamedTensor Named(Tensor tensor) => new("p", tensor, null, IsParameter: true);

        private Tensor Filled(float value, Shape shape)
        {
            var tensor = device.NewKept(shape);
            device.Fill(tensor, value);
            return tensor;
        }

        private Tensor Parameter(Shape shape, Random random)
        {
            var tensor = device.NewKept<float>(shape, Enumerable.Range(0, shape.Count).Select(_ => (float)random.NextDouble() - 0.5f).ToArray());
            tensor.TracksGradient = true;
            return tensor;
        }
    }
}

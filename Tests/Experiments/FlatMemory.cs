using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;
using LpcEngine.Tests.Engine;

namespace LpcEngine.Tests.Experiments;

/// <summary>A thousand steps of the trainer, with epochs that begin and end and a smaller last batch in each, take no more memory than ten.</summary>
public sealed class FlatMemory
{
    private const int Images = 90, Batch = 8, Warm = 10, Window = 99, Windows = 10;

    [Test]
    public void From_step_10_to_step_1000_live_tensors_and_allocated_bytes_stay_the_same_on_the_cpu([Values("lpc-narrow", "nopen", "lpc-scl", "arcface")] string variant)
    {
        using var device = new CpuDevice(2);
        var trainer = NewTrainer(device, "resnet18", variant);
        Steps(trainer, Warm);
        var (statistics, native) = (device.Statistics, NativeMemory64.LiveBytes);
        for (var window = 0; window < Windows; window++)
        {
            var steps = $"steps {Warm + window * Window} to {Warm + (window + 1) * Window}";
            var managed = WorkerAllocations.Read(device.Pool);
            var own = GC.GetAllocatedBytesForCurrentThread();
            Steps(trainer, Window);
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - own, Is.Zero, $"managed bytes of the calling thread, {steps}");
            Assert.That(WorkerAllocations.Read(device.Pool)[1..], Is.EqualTo(managed[1..]), $"managed bytes of the workers, {steps}");
            Assert.That(device.Statistics, Is.EqualTo(statistics), $"tensors and bytes of the device, {steps}");
            Assert.That(NativeMemory64.LiveBytes, Is.EqualTo(native), $"native bytes, {steps}");
        }
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void From_step_10_to_step_1000_tensors_and_device_memory_stay_the_same(string name)
    {
        if (name is "cpu" or "emulator") Assert.Ignore("The cpu has a stricter test; the emulator would take minutes.");
        var device = TestDevices.Get(name);
        var trainer = NewTrainer(device, "mlp", "lpc-narrow");
        Steps(trainer, Warm);
        var (statistics, native) = (device.Statistics, NativeMemory64.LiveBytes);
        Steps(trainer, Window * Windows);
        device.Synchronize();
        Assert.That(device.Statistics, Is.EqualTo(statistics));
        Assert.That(NativeMemory64.LiveBytes, Is.EqualTo(native));
    }

    private static void Steps(Trainer trainer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (trainer.EpochIsComplete) trainer.BeginEpoch(trainer.Epoch + 1);
            trainer.TakeStep();
            trainer.Losses.Follow(trainer.StepOfEpoch);
            if (i % 7 == 0) trainer.Losses.Fetch(trainer.StepOfEpoch);
        }
    }

    private static Trainer NewTrainer(Device device, string backbone, string variant)
    {
        var random = new Random(5);
        var pixels = new byte[Images * 8 * 8 * 3];
        random.NextBytes(pixels);
        var images = new ImageSet(Images, 8, 8, 3, pixels, null, Enumerable.Range(0, Images).Select(i => i % 10).ToArray());
        var data = new DataSet("noise", [.. Enumerable.Range(0, 10).Select(c => $"{c}")], images, null, [0.5f, 0.5f, 0.5f], [0.2f, 0.2f, 0.2f], Flip: true);
        var options = new TrainOptions { DataSet = "noise", Variant = variant, Backbone = backbone, Width = 4, Batch = Batch, Augment = "standard" };
        var config = RunConfig.From(options, Preset.Named("quick"), Variants.Named(variant), data.Facts);
        var model = new Classifier(new Initialiser(device, 1), config.BackboneSpec, config.Head, config.Penultimate, config.Classes);
        return new Trainer(config, model, new DeviceImages(device, images, config.Mean, config.Std), device);
    }
}

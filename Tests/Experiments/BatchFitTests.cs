using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Tests.Experiments;

/// <summary>Too little memory for a batch is one line that names a batch that fits, and not a much smaller one than could be.</summary>
public sealed class BatchFitTests
{
    private const int Asked = 200;
    private const long StepBytes = 24L << 20;

    private static IEnumerable<string> DeviceNames => TestDevices.Names.Where(name => name != "emulator");

    [TestCaseSource(nameof(DeviceNames))]
    public void The_batch_that_is_named_runs_and_a_third_more_does_not(string deviceName)
    {
        var problem = Assert.Throws<TooLittleMemoryException>(() => Train(deviceName, Asked, StepBytes));
        Assert.That(problem!.Message, Does.Match($@"^Device '{deviceName}' has too little memory for --batch {Asked}: it has \d+\.\d MiB for a step, which needs \d+\.\d MiB an image\. --batch \d+ fits\.$"));
        var named = int.Parse(System.Text.RegularExpressions.Regex.Match(problem.Message, @"(\d+) fits").Groups[1].Value);
        Assert.That(named, Is.InRange(16, Asked - 1));
        Assert.That(() => Train(deviceName, named, StepBytes), Throws.Nothing);
        Assert.That(() => Train(deviceName, named * 13 / 10, StepBytes), Throws.TypeOf<TooLittleMemoryException>());
    }

    [Test]
    public void Where_no_batch_fits_something_else_is_advised()
    {
        var problem = Assert.Throws<TooLittleMemoryException>(() => Train("cpu", Asked, 1L << 18));
        Assert.That(problem!.Message, Does.Contain("'cpu'").And.Contain("--width").And.Contain("--device").And.Not.Contain("--batch").And.Not.Contain("\n"));
    }

    [Test]
    public void The_largest_batch_is_found_whatever_the_step_needs([Values(3, 10, 64, 1000, 100_000)] int largest, [Values(0, 5, 1000)] int constant, [Values] bool lineIsWrong)
    {
        var tries = new List<int>();
        // A line, or one that bends upwards: workspaces that small batches do without.
        long Needed(int batch) => constant + 10L * batch + (lineIsWrong ? Math.Max(0, batch - 16) * 5L : 0);
        var free = Needed(largest);
        var (batch, perImage) = BatchFit.Largest(1_000_000, free, count =>
        {
            tries.Add(count);
            return Needed(count) <= free ? Needed(count) : null;
        });
        Assert.That(batch, Is.InRange(largest - Math.Max(1, largest / 10), largest), string.Join(' ', tries));
        Assert.That(tries, Has.Count.LessThanOrEqualTo(8).And.Unique);
        Assert.That(perImage, Is.InRange(5, 10 + constant + 5));
    }

    [TestCase(1, null)]
    [TestCase(2, 1)]
    [TestCase(3, 2)]
    public void Small_batches_leave_little_choice(int asked, int? fits) => Assert.That(BatchFit.Largest(asked, 1000, count => 10 * count).Batch, Is.EqualTo(fits));

    // A run's first steps on a device that has so many bytes for them.
    private static void Train(string deviceName, int batch, long stepBytes)
    {
        using var device = Devices.Open(deviceName, 2);
        var data = DataSets.Load("synthetic10", new DataOptions { TrainPerClass = Asked / 10, TestPerClass = 1 });
        var options = new TrainOptions { DataSet = "synthetic10", Variant = "lpc-narrow", Width = 4, Batch = batch };
        var config = RunConfig.From(options, Preset.Named("quick"), Variants.Named("lpc-narrow"), data.Facts);
        var images = new DeviceImages(device, data.Train, config.Mean, config.Std);
        var trainer = new Trainer(config, new Classifier(new Initialiser(device, 1), config.BackboneSpec, config.Head, config.Penultimate, config.Classes), images, device);
        device.FreeStepMemory(); // what the first epoch's order was made with
        device.MemoryLimitBytes = device.Statistics.KeptBytes + stepBytes;
        Assert.That(device.FreeMemoryBytes, Is.EqualTo(stepBytes));
        BatchFit.Explained(trainer, device, config, () => trainer.TimeStep(1));
        trainer.TakeStep();
        device.Synchronize();
    }
}

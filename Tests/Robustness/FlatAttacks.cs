using LpcEngine.Experiments.Robustness;
using LpcEngine.Models;
using LpcEngine.Tests.Engine;

namespace LpcEngine.Tests.Robustness;

/// <summary>Steps of attacks, with images that begin and end among them, take no more memory than the first ones.</summary>
internal sealed class FlatAttacks
{
    private const int Images = 40, Batch = 6, Warm = 30;

    private static readonly Shape Image = new(8, 8, 3);

    [Test]
    public void Steps_on_the_cpu_allocate_nothing([Values(12, 4)] int latents)
    {
        using var device = new CpuDevice(2);
        using var attack = NewAttack(device, "resnet18", latents);
        for (var i = 0; i < Warm; i++) attack.TakeStep();
        var (statistics, native) = (device.Statistics, NativeMemory64.LiveBytes);
        var (managed, own) = (WorkerAllocations.Read(device.Pool), GC.GetAllocatedBytesForCurrentThread());
        for (var i = 0; i < 300; i++) attack.TakeStep();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - own, Is.Zero, "managed bytes of the calling thread");
        Assert.That(WorkerAllocations.Read(device.Pool)[1..], Is.EqualTo(managed[1..]), "managed bytes of the workers");
        Assert.That(device.Statistics, Is.EqualTo(statistics), "tensors and bytes of the device");
        Assert.That(NativeMemory64.LiveBytes, Is.EqualTo(native), "native bytes");
        attack.Run(); // to the end, with smaller and smaller batches
        Assert.That(device.Statistics.ArenaBytes, Is.EqualTo(statistics.ArenaBytes));
        Assert.That(NativeMemory64.LiveBytes, Is.EqualTo(native));
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void Steps_take_no_more_device_memory(string name)
    {
        if (name is "cpu" or "emulator") Assert.Ignore("The cpu has a stricter test; the emulator would take minutes.");
        var device = TestDevices.Get(name);
        using var attack = NewAttack(device, "mlp", 12);
        for (var i = 0; i < Warm; i++) attack.TakeStep();
        device.Synchronize();
        var statistics = device.Statistics;
        attack.Run();
        device.Synchronize();
        Assert.That(device.Statistics.ArenaBytes, Is.EqualTo(statistics.ArenaBytes));
        Assert.That(device.Statistics.KeptBytes, Is.EqualTo(statistics.KeptBytes));
    }

    [Test]
    public void Steps_of_projected_ascent_on_the_cpu_allocate_nothing([Values] PerturbationNorm norm)
    {
        using var device = new CpuDevice(2);
        var model = Attacks.Model(device, "resnet18", 4, Head.Linear, 12, 10, Image, scale: 2);
        var images = Attacks.AsSeenBy(model, device, Image, Attacks.Pixels(Images * Image.Count));
        var settings = new PgdSettings(Batch, norm, norm == PerturbationNorm.L2 ? [0.1, 0.5] : [0.01, 0.03], PgdSettings.WithChecks(5, 2), 2, 1);
        using var attack = new Pgd(model, device, images, [.. Enumerable.Range(0, 1200).Select(i => i % Images)], settings);
        for (var i = 0; i < Warm; i++) attack.TakeStep();
        var (statistics, native) = (device.Statistics, NativeMemory64.LiveBytes);
        var (managed, own) = (WorkerAllocations.Read(device.Pool), GC.GetAllocatedBytesForCurrentThread());
        for (var i = 0; i < 300; i++) attack.TakeStep();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - own, Is.Zero, "managed bytes of the calling thread");
        Assert.That(WorkerAllocations.Read(device.Pool)[1..], Is.EqualTo(managed[1..]), "managed bytes of the workers");
        Assert.That(device.Statistics, Is.EqualTo(statistics), "tensors and bytes of the device");
        Assert.That(NativeMemory64.LiveBytes, Is.EqualTo(native), "native bytes");
    }

    // The same images again and again: enough work for all steps.
    private static DeepFool NewAttack(Device device, string backbone, int latents)
    {
        var model = Attacks.Model(device, backbone, backbone == "mlp" ? 1 : 4, Head.Linear, latents, 10, Image, scale: 2);
        var images = Attacks.Images(device, Image, Attacks.Pixels(Images * Image.Count));
        return new DeepFool(model, device, images, [.. Enumerable.Range(0, 1200).Select(i => i % Images)], new DeepFoolSettings(Batch));
    }
}

using LpcEngine.Models;

namespace LpcEngine.Tests.Models;

/// <summary>Sizes that no network can have are refused in one line; a plan takes no memory.</summary>
public sealed class ModelSizes
{
    private static CpuDevice Device => (CpuDevice)TestDevices.Get("cpu");

    [TestCase(0, 8, 3)]
    [TestCase(8, 0, 3)]
    [TestCase(8, 8, 0)]
    public void Images_without_pixels_are_too_small(int height, int width, int channels)
    {
        foreach (var name in BackboneSpec.Names)
            Assert.That(() => new BackboneSpec(name, 2, height, width, channels).Build(Initialiser.Plan(Device)), Throws.TypeOf<UserErrorException>().With.Message.Contains("too small"));
    }

    [Test]
    public void Every_size_that_is_promised_to_work_works()
    {
        foreach (var name in BackboneSpec.Names)
            Assert.That(new BackboneSpec(name, 1, 1, 1, 1).Build(Initialiser.Plan(Device)).ParameterCount(), Is.Positive);
    }

    [Test]
    public void Products_of_image_sizes_do_not_wrap() =>
        Assert.That(() => new BackboneSpec("mlp", 1, 65536, 65536, 3).Build(Initialiser.Plan(Device)), Throws.TypeOf<ShapeException>());

    [Test]
    public void A_plan_counts_as_the_network_does_and_takes_no_memory()
    {
        var before = Device.Statistics;
        var plan = new Classifier(Initialiser.Plan(Device), new BackboneSpec("resnet18", 64, 32, 32, 3), Head.Linear, 64, 10);
        Assert.That(Device.Statistics, Is.EqualTo(before));
        Assert.That(() => plan.LastWeight.ToFloats(), Throws.InvalidOperationException.With.Message.Contains("planned"));
        var real = new Classifier(new Initialiser(Device, 1), new BackboneSpec("resnet18", 2, 8, 8, 3), Head.Linear, 3, 10);
        Assert.That(new Classifier(Initialiser.Plan(Device), new BackboneSpec("resnet18", 2, 8, 8, 3), Head.Linear, 3, 10).ParameterCount(), Is.EqualTo(real.ParameterCount()));
    }

    [Test]
    public void A_network_beyond_the_devices_memory_is_refused() =>
        Assert.That(() => Classifier.CheckSize(Device, new BackboneSpec("mlp", 600, 32, 32, 3), Head.None, 0, 10, 1000), Throws.TypeOf<UserErrorException>().With.Message.Contains("MiB"));
}

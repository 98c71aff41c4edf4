using LpcEngine.Experiments.Data;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Data;

/// <summary>Real CIFAR images, where the folder <c>shared</c> has them.</summary>
internal sealed class RealImagesTests
{
    [Test]
    public void Small_cifar10_is_read_from_its_archive()
    {
        string archive = SharedFolder.Require("data/cifar-10-small-binary.tar.gz");
        var data = DataSets.Load("cifar10", new DataOptions { DataDirectory = Path.GetDirectoryName(archive) });
        Assert.That(data.Train.ClassCounts(10), Has.All.EqualTo(500));
        Assert.That(data.Test!.ClassCounts(10), Has.All.EqualTo(100));
        Assert.That(data.ClassNames, Is.EqualTo(new[] { "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck" }));

        // The full set's figures (as published with the usual normalisations); a tenth of it comes near.
        Assert.That(data.Mean, Is.EqualTo(new[] { 0.4914f, 0.4822f, 0.4465f }).Within(0.01f));
        Assert.That(data.Std, Is.EqualTo(new[] { 0.2470f, 0.2435f, 0.2616f }).Within(0.01f));
    }

    [Test]
    public void Small_cifar100_is_read_from_its_archive()
    {
        string archive = SharedFolder.Require("data/cifar-100-small-binary.tar.gz");
        var data = DataSets.Load("cifar100", new DataOptions { DataDirectory = Path.GetDirectoryName(archive) });
        Assert.That(data.Train.ClassCounts(100), Has.All.EqualTo(50));
        Assert.That(data.Test!.ClassCounts(100), Has.All.EqualTo(10));
        Assert.That(data.ClassNames[0], Is.EqualTo("apple"));
        Assert.That(data.Mean, Is.EqualTo(new[] { 0.5071f, 0.4866f, 0.4409f }).Within(0.01f));
    }
}

using LpcEngine.Engine;
using LpcEngine.Experiments.Data;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Data;

internal sealed class DataCheckTests
{
    [Test]
    public void The_list_tells_what_is_here_and_what_is_not()
    {
        using var folder = new TemporaryFolder();
        FakeData.Unpack(FakeData.Cifar10(1), folder.Path);
        var options = new DataOptions { DataDirectory = folder.Path };
        var listings = DataList.Describe(options);
        Assert.That(listings.Single(l => l.Info.Name == "cifar10").Source, Is.EqualTo(folder["cifar-10-batches-bin"]));
        Assert.That(listings.Single(l => l.Info.Name == "cifar100").Source, Is.Null);
        var text = new StringWriter();
        DataList.Print(listings, folder.Path, text);
        foreach (string word in (string[])["cifar10", "cifar100", "mnist", "fashion-mnist", "synthetic10", "synthetic100", "tensors:FILE", "data get cifar100, 168 MB"])
        {
            Assert.That(text.ToString(), Does.Contain(word));
        }
    }

    [Test]
    public void A_check_counts_measures_and_only_tells_of_another_checksum()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["cifar-10-binary.tar.gz"], FakeData.Gzip(FakeData.Tar(FakeData.Cifar10())));
        var report = DataCheck.Run("cifar10", new DataOptions { DataDirectory = folder.Path });
        Assert.That(report.TrainCounts, Has.All.EqualTo(10));
        Assert.That(report.TestCounts, Has.All.EqualTo(2));
        Assert.That(report.Files.Single().Equal, Is.False);
        var text = new StringWriter();
        DataCheck.Print(report, text);
        Assert.That(text.ToString(), Does.Contain("differs from the published c32a1d4ab5d03f1284b67883e8d87530").And.Contain("100 images").And.Contain("the full set has 50000 + 10000"));
    }

    [Test]
    public void A_check_fetches_nothing()
    {
        using var folder = new TemporaryFolder();
        UserErrors.Expect(() => DataCheck.Run("cifar100", new DataOptions { DataDirectory = folder.Path }), "cifar-100-binary.tar.gz", "data get cifar100");
        UserErrors.Expect(() => DataCheck.Run("cifar", new DataOptions { DataDirectory = folder.Path }), "Known:");
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void A_check_of_own_images_names_classes_without_any()
    {
        using var folder = new TemporaryFolder();
        var writer = new SafeTensorsWriter();
        writer.Add("images", [2, 1, 2, 2], new float[8]);
        writer.Add("labels", [2], new long[] { 0, 2 });
        writer.Write(folder["t.safetensors"]);
        var report = DataCheck.Run("tensors:" + folder["t.safetensors"], new DataOptions());
        Assert.That(report.Notes, Has.Some.Contain("no training images of 1").And.Some.Contain("no test split"));
        Assert.That(report.Files.Single().Equal, Is.Null);
        Assert.DoesNotThrow(() => DataCheck.Print(report, new StringWriter()));
    }
}

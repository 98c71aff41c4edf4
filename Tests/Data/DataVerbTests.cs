using LpcEngine.Tests.Experiments;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Data;

/// <summary>The verb data.</summary>
internal sealed class DataVerbTests
{
    [Test]
    public void List_and_check_tell_what_is_there()
    {
        using var folder = new TemporaryFolder();
        FakeData.Unpack(FakeData.Cifar10(), folder.Path);
        Assert.That(Cli.Succeed("data", "list", "--data-dir", folder.Path), Does.Contain(folder["cifar-10-batches-bin"]).And.Contain("synthetic100"));
        Assert.That(Cli.Succeed("data", "check", "cifar10", "--data-dir", folder.Path), Does.Contain("sound").And.Contain("10 of each class"));
        Assert.That(Cli.Refuse("data", "check", "cifar100", "--data-dir", folder.Path), Does.Contain("cifar-100-binary.tar.gz"));
    }

    [Test]
    public void What_is_there_is_not_fetched_again()
    {
        using var folder = new TemporaryFolder();
        FakeData.Unpack(FakeData.Cifar10(1), folder.Path);
        Assert.That(Cli.Succeed("data", "get", "cifar10", "--data-dir", folder.Path), Does.Contain("here already").And.Contain(folder["cifar-10-batches-bin"]));
        File.Delete(folder["cifar-10-batches-bin/test_batch.bin"]);
        Assert.That(Cli.Refuse("data", "get", "cifar10", "--data-dir", folder.Path), Does.Contain("test_batch.bin").And.Contain("incomplete"));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Has.Length.EqualTo(1));
    }
}

using LpcEngine.Experiments.Data;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Data;

internal sealed class MnistDataTests
{
    private static readonly byte[] Labels = [5, 0, 4, 1, 9, 2, 1, 3, 1, 4, 7];
    private static readonly byte[] FashionLabels = [9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 1];

    [TestCase("mnist", "mnist", true)]
    [TestCase("mnist", ".", false)]
    [TestCase("mnist", "MNIST/raw", false)]
    [TestCase("fashion-mnist", "fashion-mnist", true)]
    [TestCase("fashion-mnist", "FashionMNIST/raw", false)]
    public void It_is_found_packed_and_unpacked(string name, string place, bool packed)
    {
        using var folder = new TemporaryFolder();
        Write(folder.Folder(place), name == "mnist" ? Labels : FashionLabels, packed);
        var data = DataSets.Load(name, new DataOptions { DataDirectory = folder.Path });
        Assert.That((data.Train.Count, data.Train.Height, data.Train.Width, data.Train.Channels), Is.EqualTo((11, 28, 28, 1)));
        Assert.That(data.Train.Labels[4], Is.EqualTo(name == "mnist" ? 9 : 0));
        Assert.That(data.Train.Bytes![3], Is.EqualTo((byte)(19 * 13)));
        Assert.That(data.ClassNames[9], Is.EqualTo(name == "mnist" ? "9" : "Ankle boot"));
        Assert.That(data.Flip, Is.EqualTo(name != "mnist"), "a mirrored digit is another one");
    }

    [Test]
    public void The_one_is_not_taken_for_the_other()
    {
        using var folder = new TemporaryFolder();
        Write(folder.Path, Labels, packed: true);
        UserErrors.Expect(() => DataSets.Load("fashion-mnist", new DataOptions { DataDirectory = folder.Path }), "MNIST's", "sub folder fashion-mnist");
    }

    [Test]
    public void What_does_not_fit_is_named()
    {
        using var folder = new TemporaryFolder();
        string images = folder["train-images-idx3-ubyte"], labels = folder["train-labels-idx1-ubyte"];
        Write(folder.Path, Labels, packed: false);
        byte[] soundImages = File.ReadAllBytes(images), soundLabels = File.ReadAllBytes(labels);
        void Load() => DataSets.Load("mnist", new DataOptions { DataDirectory = folder.Path });

        File.WriteAllBytes(images, soundLabels);
        UserErrors.Expect(Load, images, "magic number", "0x00000801");
        File.WriteAllBytes(images, soundImages[..15]);
        UserErrors.Expect(Load, images, "too short");
        File.WriteAllBytes(images, [0, 0, 8, 1, .. soundImages[4..]]);
        UserErrors.Expect(Load, images, "magic number", "0x00000803");
        File.WriteAllBytes(images, soundImages[..^5]);
        UserErrors.Expect(Load, images, "promises 8624", "only 8619");
        File.WriteAllBytes(images, [.. soundImages, 1]);
        UserErrors.Expect(Load, images, "promises 8624", "another number");
        File.WriteAllBytes(images, [.. soundImages[..4], 0x7F, 0xFF, 0xFF, 0xFF, .. soundImages[8..]]);
        UserErrors.Expect(Load, images, "promises");
        File.WriteAllBytes(images, [.. soundImages[..4], 0xFF, 0xFF, 0xFF, 0xFF, .. soundImages[8..]]);
        UserErrors.Expect(Load, images, "4294967295");
        File.WriteAllBytes(images, FakeData.IdxImages(10));
        UserErrors.Expect(Load, "10 images", "11 labels");
        File.WriteAllBytes(images, soundImages);
        File.WriteAllBytes(labels, FakeData.IdxLabels([.. Labels[..10], 10]));
        UserErrors.Expect(Load, labels, "label 10 is 10", "0 to 9");
    }

    [Test]
    public void A_gzip_cut_anywhere_is_refused_in_one_line()
    {
        using var folder = new TemporaryFolder();
        Write(folder.Path, Labels, packed: true);
        string images = folder["train-images-idx3-ubyte.gz"];
        byte[] sound = File.ReadAllBytes(images);
        for (int length = 0; length < sound.Length - 8; length += 97)
        {
            File.WriteAllBytes(images, sound[..length]);
            UserErrors.Expect(() => DataSets.Load("mnist", new DataOptions { DataDirectory = folder.Path }), images);
        }
    }

    [Test]
    public void The_clothes_of_debian_are_found_where_its_package_puts_them()
    {
        if (!Directory.Exists("/usr/share/datasets/fashion-mnist"))
        {
            Assert.Ignore("Debian's package dataset-fashion-mnist is not installed.");
        }

        using var folder = new TemporaryFolder();
        var report = DataCheck.Run("fashion-mnist", new DataOptions { DataDirectory = folder.Path });
        Assert.That(report.TrainCounts, Has.All.EqualTo(6000));
        Assert.That(report.TestCounts, Has.All.EqualTo(1000));
        Assert.That(report.Data.Mean[0], Is.EqualTo(0.2860).Within(1e-3));
        Assert.That(report.Data.Std[0], Is.EqualTo(0.3530).Within(1e-3));
    }

    private static void Write(string folder, byte[] labels, bool packed)
    {
        byte[] Pack(byte[] content) => packed ? FakeData.Gzip(content) : content;
        string end = packed ? ".gz" : "";
        File.WriteAllBytes(Path.Combine(folder, "train-images-idx3-ubyte" + end), Pack(FakeData.IdxImages(labels.Length)));
        File.WriteAllBytes(Path.Combine(folder, "train-labels-idx1-ubyte" + end), Pack(FakeData.IdxLabels(labels)));
        File.WriteAllBytes(Path.Combine(folder, "t10k-images-idx3-ubyte" + end), Pack(FakeData.IdxImages(2)));
        File.WriteAllBytes(Path.Combine(folder, "t10k-labels-idx1-ubyte" + end), Pack(FakeData.IdxLabels(3, 4)));
    }
}

using LpcEngine.Experiments.Data;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Data;

internal sealed class CifarDataTests
{
    [TestCase("gz")]
    [TestCase("tar")]
    [TestCase("small gz")]
    [TestCase("sub folder")]
    [TestCase("unpacked")]
    [TestCase("files alone")]
    public void It_is_found_however_it_lies_there(string how)
    {
        using var folder = new TemporaryFolder();
        var files = FakeData.Cifar10();
        switch (how)
        {
            case "gz": File.WriteAllBytes(folder["cifar-10-binary.tar.gz"], FakeData.Gzip(FakeData.Tar(files))); break;
            case "tar": File.WriteAllBytes(folder["cifar-10-binary.tar"], FakeData.Tar(files)); break;
            case "small gz": File.WriteAllBytes(folder["cifar-10-small-binary.tar.gz"], FakeData.Gzip(FakeData.Tar(files))); break;
            case "sub folder": File.WriteAllBytes(Path.Combine(folder.Folder("cifar10"), "cifar-10-binary.tar.gz"), FakeData.Gzip(FakeData.Tar(files))); break;
            case "unpacked": FakeData.Unpack(files, folder.Path); break;
            case "files alone": FakeData.Unpack(files.ToDictionary(f => Path.GetFileName(f.Key), f => f.Value), folder.Path); break;
        }

        var data = DataSets.Load("cifar10", new DataOptions { DataDirectory = folder.Path });
        Assert.That((data.Train.Count, data.Test!.Count), Is.EqualTo((100, 20)));
        Assert.That(data.ClassNames[3], Is.EqualTo("a3"));
        Assert.That(data.Train.Labels, Is.EqualTo(Enumerable.Range(0, 100).Select(i => i % 10)), "batches 1 to 5, whatever their order in the archive");
        Assert.That(data.Source, Does.StartWith(folder.Path));
    }

    [Test]
    public void Colour_planes_become_pixels()
    {
        using var folder = new TemporaryFolder();
        FakeData.Unpack(FakeData.Cifar10(), folder.Path);
        var train = DataSets.Load("cifar10", new DataOptions { DataDirectory = folder.Path }).Train;
        foreach (var (image, row, column, channel) in new[] { (0, 0, 0, 0), (1, 2, 3, 1), (99, 31, 31, 2), (57, 30, 0, 1) })
        {
            int index = (((((image * 32) + row) * 32) + column) * 3) + channel;
            Assert.That(train.Bytes![index], Is.EqualTo(FakeData.Pixel(image, channel, (row * 32) + column)));
        }
    }

    [Test]
    public void Hundred_classes_use_the_fine_labels()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["cifar-100-binary.tar.gz"], FakeData.Gzip(FakeData.Tar(FakeData.Cifar100())));
        var data = DataSets.Load("cifar100", new DataOptions { DataDirectory = folder.Path });
        Assert.That(data.Train.Labels.Take(3), Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(data.ClassNames, Has.Count.EqualTo(100));
        Assert.That(data.ClassNames[42], Is.EqualTo("42"), "no list of names in the archive");
    }

    [Test]
    public void The_first_of_each_class_are_taken_in_their_order()
    {
        using var folder = new TemporaryFolder();
        FakeData.Unpack(FakeData.Cifar10(), folder.Path);
        var data = DataSets.Load("cifar10", new DataOptions { DataDirectory = folder.Path, TrainPerClass = 3, TestPerClass = 1 });
        Assert.That(data.Train.Labels, Is.EqualTo(Enumerable.Range(0, 30).Select(i => i % 10)));
        Assert.That(data.Train.Bytes![29 * 3072], Is.EqualTo(FakeData.Pixel(29, 0, 0)));
        Assert.That(data.Test!.Count, Is.EqualTo(10));
    }

    [Test]
    public void The_environment_names_the_directory_when_no_option_does()
    {
        using var folder = new TemporaryFolder();
        string? before = Environment.GetEnvironmentVariable("LPC_DATA");
        try
        {
            Environment.SetEnvironmentVariable("LPC_DATA", folder.Path);
            Assert.That(new DataOptions().ResolveDirectory(), Is.EqualTo(folder.Path));
            Assert.That(new DataOptions { DataDirectory = "x" }.ResolveDirectory(), Is.EqualTo("x"));
            Environment.SetEnvironmentVariable("LPC_DATA", null);
            Assert.That(new DataOptions().ResolveDirectory(), Is.EqualTo("data"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("LPC_DATA", before);
        }
    }

    [Test]
    public void An_archive_cut_anywhere_is_refused_in_one_line()
    {
        using var folder = new TemporaryFolder();
        string path = folder["cifar-10-binary.tar.gz"];
        byte[] tar = FakeData.Tar(FakeData.Cifar10(2)), gzip = FakeData.Gzip(tar);
        for (int part = 1; part < 40; part++)
        {
            File.WriteAllBytes(path, gzip[..(gzip.Length * part / 40)]);
            UserErrors.Expect(() => Load(folder), path);
        }

        File.Delete(path);
        path = folder["cifar-10-binary.tar"];
        for (int part = 1; part < 40; part++)
        {
            // Without gzip's own check: the last two blocks of a tar are padding, so cuts end before them.
            File.WriteAllBytes(path, tar[..((tar.Length - 4096) * part / 40)]);
            UserErrors.Expect(() => Load(folder), path);
        }
    }

    [Test]
    public void Mutated_archives_are_read_or_refused_but_never_crash()
    {
        using var folder = new TemporaryFolder();
        byte[] tar = FakeData.Tar(FakeData.Cifar10(1));
        for (int trial = 0; trial < 300; trial++)
        {
            // Half of the mutations hit headers, which sit at multiples of 512 and hold what a reader believes.
            byte[] bytes = [.. tar];
            for (int change = 0; change < 3; change++)
            {
                var (where, what, block, _) = Philox.Bits(2, (uint)change, (ulong)trial);
                int offset = trial % 2 == 0 ? (int)(where % bytes.Length) : (int)((block % (bytes.Length / 512) * 512) + (where % 512));
                bytes[offset] = (byte)what;
            }

            File.WriteAllBytes(folder["cifar-10-binary.tar"], bytes);
            try
            {
                Load(folder);
            }
            catch (UserErrorException e)
            {
                Assert.That(e.Message, Does.Not.Contain("\n"));
            }
        }
    }

    [Test]
    public void What_does_not_fit_is_named()
    {
        using var folder = new TemporaryFolder();
        FakeData.Unpack(FakeData.Cifar10(), folder.Path);
        string batch = folder["cifar-10-batches-bin/data_batch_2.bin"];
        byte[] sound = File.ReadAllBytes(batch);

        File.WriteAllBytes(batch, sound[..^100]);
        UserErrors.Expect(() => Load(folder), batch, "3073-byte records", "data get cifar10");
        File.WriteAllBytes(batch, []);
        UserErrors.Expect(() => Load(folder), batch, "empty");
        File.WriteAllBytes(batch, FakeData.Cifar10Records(0, 11, classes: 11));
        UserErrors.Expect(() => Load(folder), batch, "record 10 has label 10", "0 to 9");
        File.Delete(batch);
        UserErrors.Expect(() => Load(folder), "data_batch_2.bin", "incomplete");
    }

    [Test]
    public void A_file_that_an_archive_holds_twice_is_refused()
    {
        using var folder = new TemporaryFolder();
        var files = FakeData.Cifar10(1);
        files["elsewhere/test_batch.bin"] = FakeData.Cifar10Records(0, 1);
        File.WriteAllBytes(folder["cifar-10-binary.tar"], FakeData.Tar(files));
        UserErrors.Expect(() => Load(folder), "test_batch.bin", "twice");
    }

    [Test]
    public void Unknown_names_and_wrong_sizes_say_what_would_be_right()
    {
        UserErrors.Expect(() => DataSets.Load("cifar11", new DataOptions()), "cifar11", "cifar10", "cifar100", "mnist", "fashion-mnist", "synthetic10", "synthetic100", "tensors:");
        UserErrors.Expect(() => DataSets.Load("synthetic10", new DataOptions { TrainPerClass = 0 }), "--train-size", "at least 1");
        UserErrors.Expect(() => DataSets.Load("synthetic10", new DataOptions { TestPerClass = -3 }), "--test-size", "-3");
        UserErrors.Expect(() => DataSets.Load("synthetic10", new DataOptions { Classes = 7 }), "10 classes", "--classes");
    }

    private static DataSet Load(TemporaryFolder folder) => DataSets.Load("cifar10", new DataOptions { DataDirectory = folder.Path });
}

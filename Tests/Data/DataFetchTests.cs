using System.Security.Cryptography;
using LpcEngine.Engine;
using LpcEngine.Experiments.Data;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Data;

internal sealed class DataFetchTests
{
    private static readonly byte[] Content = MakeContent();
    private static readonly string Md5 = Convert.ToHexStringLower(MD5.HashData(Content));

    [Test]
    public void A_file_is_fetched_checked_and_put_in_place()
    {
        using var folder = new TemporaryFolder();
        using var server = new FileServer(Content);
        var progress = new Recorder();
        string path = Fetch(server, folder, Md5, progress);
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(Content));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1), "no .part is left");
        Assert.That(progress.Last, Is.EqualTo(new DataProgress("file.bin", Content.Length, Content.Length)));
    }

    [Test]
    public void A_cut_connection_is_taken_up_where_it_broke()
    {
        using var folder = new TemporaryFolder();
        using var server = new FileServer(Content) { CutAfter = 400_000 };
        Fetch(server, folder, Md5);
        Assert.That(File.ReadAllBytes(folder["file.bin"]), Is.EqualTo(Content));
        Assert.That(server.Starts, Has.Count.EqualTo(3));
        Assert.That(server.Starts[1], Is.InRange(1, 400_000));
    }

    [Test]
    public void A_fetch_that_broke_for_good_says_so_and_goes_on_next_time()
    {
        using var folder = new TemporaryFolder();
        using var server = new FileServer(Content) { CutAfter = 150_000 };
        UserErrors.Expect(() => Fetch(server, folder, Md5), "file.bin", folder.Path, "run again", "synthetic10");
        long here = new FileInfo(folder["file.bin.part"]).Length;
        Assert.That(here, Is.InRange(1, 750_000));
        server.CutAfter = int.MaxValue;
        server.Starts.Clear();
        Fetch(server, folder, Md5);
        Assert.That(server.Starts, Is.EqualTo(new[] { here }));
        Assert.That(File.ReadAllBytes(folder["file.bin"]), Is.EqualTo(Content));
    }

    [Test]
    public void A_server_that_cannot_resume_sends_it_all()
    {
        using var folder = new TemporaryFolder();
        using var server = new FileServer(Content) { IgnoreRanges = true };
        File.WriteAllBytes(folder["file.bin.part"], Content[..1000]);
        Fetch(server, folder, Md5);
        Assert.That(File.ReadAllBytes(folder["file.bin"]), Is.EqualTo(Content));
    }

    [TestCase(0)]
    [TestCase(50)]
    public void A_partial_file_that_is_whole_or_too_long_does_no_harm(int extra)
    {
        using var folder = new TemporaryFolder();
        using var server = new FileServer(Content);
        File.WriteAllBytes(folder["file.bin.part"], [.. Content, .. new byte[extra]]);
        Fetch(server, folder, Md5);
        Assert.That(File.ReadAllBytes(folder["file.bin"]), Is.EqualTo(Content));
    }

    [Test]
    public void A_wrong_checksum_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        using var server = new FileServer(Content);
        UserErrors.Expect(() => Fetch(server, folder, new string('0', 32)), "file.bin", "checksum");
        Assert.That(Directory.GetFiles(folder.Path), Is.Empty);
    }

    [Test]
    public void A_refusal_is_told_with_its_number()
    {
        using var folder = new TemporaryFolder();
        using var server = new FileServer(Content) { Status = 404 };
        UserErrors.Expect(() => Fetch(server, folder, Md5), "404", "file.bin");
        Assert.That(Directory.GetFiles(folder.Path), Is.Empty);
    }

    [Test]
    public void The_second_host_is_asked_when_the_first_fails()
    {
        using var folder = new TemporaryFolder();
        using var broken = new FileServer(Content) { Status = 500 };
        using var sound = new FileServer(Content);
        var file = new RemoteFile("file.bin", Md5, Content.Length, [broken.Root + "file.bin", sound.Root + "file.bin"]);
        using var client = new HttpClient();
        DataFetch.Fetch(client, file, folder.Path, null, CancellationToken.None);
        Assert.That(File.Exists(folder["file.bin"]));
    }

    [Test]
    public void Without_a_network_the_error_names_the_files_the_folder_and_what_needs_none()
    {
        using var folder = new TemporaryFolder();
        Uri nobody;
        using (var server = new FileServer(Content))
        {
            nobody = server.Root;
        }

        var options = new DataOptions { DataDirectory = folder["data"], Mirror = nobody };
        UserErrors.Expect(() => DataSets.Load("cifar10", options), "cifar-10-binary.tar.gz", folder["data"], "synthetic10", "synthetic100");
        UserErrors.Expect(() => DataSets.Load("mnist", options), "train-images-idx3-ubyte.gz", folder["data/mnist"]);
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty, "no empty folder, no empty .part");
        Directory.CreateDirectory(folder["data"]);
        File.WriteAllBytes(folder["data/cifar-10-binary.tar.xz"], []);
        UserErrors.Expect(() => DataSets.Load("cifar10", options), "cifar-10-binary.tar.xz is there", "tar xJf");
    }

    [Test]
    public void Who_says_no_to_a_fetch_is_told_where_to_put_the_file()
    {
        using var folder = new TemporaryFolder();
        string? question = null;
        var options = new DataOptions
        {
            DataDirectory = folder.Path,
            Confirm = q =>
            {
                question = q;
                return false;
            },
        };
        File.WriteAllBytes(folder["cifar-10-binary.tar.xz"], []);
        UserErrors.Expect(() => DataSets.Load("cifar10", options), "cifar-10-binary.tar.gz", folder.Path, "tar xJf");
        Assert.That(question, Does.Contain("170 MB"));
    }

    [Test]
    public void A_fetch_into_a_folder_that_cannot_be_is_one_line()
    {
        using var folder = new TemporaryFolder();
        using var server = new FileServer(Content);
        File.WriteAllBytes(folder["file"], []);
        UserErrors.Expect(() => DataSets.Load("cifar10", new DataOptions { DataDirectory = folder["file/data"], Mirror = server.Root }), folder["file/data"], "Cannot write");
    }

    private static string Fetch(FileServer server, TemporaryFolder folder, string md5, IProgress<DataProgress>? progress = null)
    {
        using var client = new HttpClient();
        var file = new RemoteFile("file.bin", md5, Content.Length, [server.Root + "file.bin"]);
        return DataFetch.Fetch(client, file, folder.Path, progress, CancellationToken.None);
    }

    private static byte[] MakeContent()
    {
        byte[] content = new byte[1_000_000];
        for (int i = 0; i < content.Length; i++)
        {
            content[i] = (byte)Philox.Bits(1, 2, (ulong)i).X;
        }

        return content;
    }

    private sealed class Recorder : IProgress<DataProgress>
    {
        public DataProgress Last { get; private set; }

        public void Report(DataProgress value) => Last = value;
    }
}

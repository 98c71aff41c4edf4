using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using LpcEngine.Experiments.Data;
using LpcEngine.Tests.Support;

namespace LpcEngine.Tests.Fuzzing;

/// <summary>Archives that mean harm: they are read into memory, so that nothing appears anywhere, and what they claim is not believed.</summary>
public sealed class HostileArchives
{
    private const string Archive = "data/cifar-10-binary.tar";

    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder()
    {
        folder = new TemporaryFolder();
        folder.Folder("data");
    }

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    // Where the entries of such archives would go if they were unpacked: outside the data directory.
    private string Outside => folder["outside.bin"];

    private static TestCaseData Hostile(string name, Func<string, IEnumerable<TarEntry>> entries, bool isRead = true) => new TestCaseData(entries, isRead).SetArgDisplayNames(name);

    private static readonly TestCaseData[] Entries =
    [
        Hostile("a path upwards", _ => [File("../outside.bin", 10)]),
        Hostile("paths upwards from within", _ => [File("cifar-10-batches-bin/../../../outside.bin", 10)]),
        Hostile("an absolute path", outside => [File(outside, 10)]),
        Hostile("a symbolic link outside, and a file through it", outside => [Link(TarEntryType.SymbolicLink, "way", Path.GetDirectoryName(outside)!), File("way/outside.bin", 10)]),
        Hostile("a hard link to a file outside", outside => [Link(TarEntryType.HardLink, "cifar-10-batches-bin/link.bin", outside)]),
        Hostile("a symbolic link in a wanted file's place", _ => [Link(TarEntryType.SymbolicLink, "other/data_batch_1.bin", "/etc/passwd")]),
        Hostile("a hard link in a wanted file's place", _ => [Link(TarEntryType.HardLink, "other/data_batch_1.bin", "/etc/passwd")]),
        Hostile("a device and a pipe", _ => [new PaxTarEntry(TarEntryType.CharacterDevice, "null") { DeviceMajor = 1, DeviceMinor = 3 }, new PaxTarEntry(TarEntryType.Fifo, "test_batch.bin")]),
        Hostile("a folder called like a wanted file", _ => [new PaxTarEntry(TarEntryType.Directory, "x/data_batch_1.bin/")]),
        Hostile("the path of an extended header", _ => [new PaxTarEntry(TarEntryType.RegularFile, new string('x', 150) + "/../../../../outside.bin") { DataStream = new MemoryStream(new byte[10]) }]),
        Hostile("a wanted file twice", _ => [File("elsewhere/data_batch_1.bin", 3073)], isRead: false),
    ];

    [TestCaseSource(nameof(Entries))]
    public void Nothing_is_written_anywhere(Func<string, IEnumerable<TarEntry>> entries, bool isRead)
    {
        WriteTar(folder[Archive], [.. entries(Outside), .. FakeData.Cifar10(1).Select(file => File(file.Key, file.Value))]);
        var before = Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories);
        if (isRead) Assert.That(Load().Train.Count, Is.EqualTo(5));
        else UserErrors.Expect(() => Load(), "holds data_batch_1.bin twice");
        Assert.That(Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories), Is.EqualTo(before));
        Assert.That(System.IO.File.Exists(Outside), Is.False);
    }

    // Header fields that .NET's writer does not write: type, size, and what follows.
    private static readonly TestCaseData[] Claims =
    [
        new TestCaseData('0', "77777777777", 0).SetArgDisplayNames("a file of 8 GiB that is not there"),
        new TestCaseData('S', "77777777777", 1).SetArgDisplayNames("a sparse file of 8 GiB"),
        new TestCaseData('L', "77777777777", 0).SetArgDisplayNames("a name of 8 GiB"),
        new TestCaseData('x', "17777777777", 0).SetArgDisplayNames("an extended header of 2 GiB"),
        new TestCaseData('g', "17777777777", 0).SetArgDisplayNames("a global extended header of 2 GiB"),
        new TestCaseData('x', "\u0080\0\0\0\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", 0).SetArgDisplayNames("a size of 2⁶³ − 1"),
        new TestCaseData('0', "\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", 0).SetArgDisplayNames("a negative size"),
        new TestCaseData('0', "9876", 0).SetArgDisplayNames("a size that is not octal"),
    ];

    [TestCaseSource(nameof(Claims))]
    public void What_an_archive_claims_costs_no_memory(char type, string size, int isExtended)
    {
        foreach (var packed in (bool[])[false, true])
        {
            byte[] content = [.. Header("data_batch_1.bin", type, size, (byte)isExtended), .. new byte[512], .. FakeData.Tar(FakeData.Cifar10(1))];
            System.IO.File.WriteAllBytes(folder[Archive + (packed ? ".gz" : "")], packed ? FakeData.Gzip(content) : content);
            var before = GC.GetAllocatedBytesForCurrentThread();
            UserErrors.Expect(() => Load(), folder[Archive], type == '0' && size[0] == '7' ? "more than 512 MiB" : "truncated or damaged");
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(4 << 20));
            System.IO.File.Delete(folder[Archive + (packed ? ".gz" : "")]);
        }
    }

    [Test]
    public void A_small_archive_that_unpacks_without_end_is_refused_in_time()
    {
        using (var gzip = new GZipStream(System.IO.File.Create(folder[Archive + ".gz"]), CompressionLevel.Fastest))
        {
            gzip.Write(Header("zeros", '0', "77777777777", 0));
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 2100; i++) gzip.Write(zeros);
        }
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var before = GC.GetAllocatedBytesForCurrentThread();
        UserErrors.Expect(() => Load(), folder[Archive + ".gz"]);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(4 << 20));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(60)));
    }

    [Test]
    public void Damage_within_the_pixels_of_a_packed_archive_is_found_by_its_checksum()
    {
        var packed = FakeData.Gzip(FakeData.Tar(FakeData.Cifar10(1)));
        packed[^6] ^= 1; // the stored CRC
        System.IO.File.WriteAllBytes(folder[Archive + ".gz"], packed);
        UserErrors.Expect(() => Load(), "truncated or damaged");
    }

    [Test]
    public void Every_format_of_tar_is_read([Values] TarEntryFormat format)
    {
        if (format == TarEntryFormat.Unknown) return;
        using (var tar = new TarWriter(System.IO.File.Create(folder[Archive]), format))
        {
            foreach (var (name, content) in FakeData.Cifar10(2))
            {
                // Longer than a header's name where the format can say such a thing; ustar has a prefix.
                var longer = format is TarEntryFormat.V7 ? name : new string('d', 90) + "/" + name;
                tar.WriteEntry(File(longer, content, format));
            }
        }
        Assert.That(Load().Train.Count, Is.EqualTo(10));
    }

    private DataSet Load() => DataSets.Load("cifar10", new() { DataDirectory = folder["data"] });

    private static TarEntry File(string name, int length) => File(name, new byte[length]);

    private static TarEntry File(string name, byte[] content, TarEntryFormat format = TarEntryFormat.Pax)
    {
        TarEntry entry = format switch
        {
            TarEntryFormat.V7 => new V7TarEntry(TarEntryType.V7RegularFile, name),
            TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
            TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
            _ => new PaxTarEntry(TarEntryType.RegularFile, name),
        };
        entry.DataStream = new MemoryStream(content);
        return entry;
    }

    private static TarEntry Link(TarEntryType type, string name, string target) => new PaxTarEntry(type, name) { LinkName = target };

    private static void WriteTar(string path, IEnumerable<TarEntry> entries)
    {
        using var tar = new TarWriter(System.IO.File.Create(path));
        foreach (var entry in entries) tar.WriteEntry(entry);
    }

    // A header with a right checksum.
    private static byte[] Header(string name, char type, string size, byte isExtended)
    {
        var header = new byte[512];
        Encoding.ASCII.GetBytes(name).CopyTo(header, 0);
        Encoding.Latin1.GetBytes(size).CopyTo(header, 124);
        header[156] = (byte)type;
        "ustar  "u8.CopyTo(header.AsSpan(257));
        header[482] = isExtended;
        return Checksums.OfTar(header);
    }
}

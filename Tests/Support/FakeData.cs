using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace LpcEngine.Tests.Support;

/// <summary>Makes tiny files in the layouts of the published data sets.</summary>
internal static class FakeData
{
    /// <summary>CIFAR-10 records: label, then planes whose bytes tell image, channel and position.</summary>
    public static byte[] Cifar10Records(int first, int count, int classes = 10)
    {
        byte[] records = new byte[count * 3073];
        for (int i = 0; i < count; i++)
        {
            records[i * 3073] = (byte)((first + i) % classes);
            for (int p = 0; p < 3072; p++)
            {
                records[(i * 3073) + 1 + p] = Pixel(first + i, p / 1024, p % 1024);
            }
        }

        return records;
    }

    /// <summary>The byte that <see cref="Cifar10Records"/> puts at a place.</summary>
    public static byte Pixel(int image, int channel, int position) => (byte)((image * 7) + (channel * 50) + (position % 31));

    /// <summary>The eight-odd files of CIFAR-10, <paramref name="perFile"/> records each.</summary>
    public static Dictionary<string, byte[]> Cifar10(int perFile = 20)
    {
        var files = new Dictionary<string, byte[]>
        {
            // Out of order, as in the published archive: the reading order must not hang on it.
            ["cifar-10-batches-bin/data_batch_4.bin"] = Cifar10Records(3 * perFile, perFile),
            ["cifar-10-batches-bin/readme.html"] = Encoding.UTF8.GetBytes("<html></html>"),
            ["cifar-10-batches-bin/test_batch.bin"] = Cifar10Records(1000, perFile),
            ["cifar-10-batches-bin/batches.meta.txt"] = Encoding.UTF8.GetBytes("a0\na1\na2\na3\na4\na5\na6\na7\na8\na9\n\n"),
        };
        foreach (int batch in (int[])[3, 5, 1, 2])
        {
            files[$"cifar-10-batches-bin/data_batch_{batch}.bin"] = Cifar10Records((batch - 1) * perFile, perFile);
        }

        return files;
    }

    /// <summary>The files of CIFAR-100: coarse label 7, fine label round and round.</summary>
    public static Dictionary<string, byte[]> Cifar100(int train = 200, int test = 100)
    {
        static byte[] Records(int count)
        {
            byte[] records = new byte[count * 3074];
            for (int i = 0; i < count; i++)
            {
                records[i * 3074] = 7;
                records[(i * 3074) + 1] = (byte)(i % 100);
            }

            return records;
        }

        return new() { ["cifar-100-binary/train.bin"] = Records(train), ["cifar-100-binary/test.bin"] = Records(test) };
    }

    public static byte[] Tar(Dictionary<string, byte[]> files)
    {
        using var buffer = new MemoryStream();
        using (var tar = new TarWriter(buffer, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content), ModificationTime = DateTimeOffset.UnixEpoch });
            }
        }

        return buffer.ToArray();
    }

    public static byte[] Gzip(byte[] content)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return buffer.ToArray();
    }

    public static void Unpack(Dictionary<string, byte[]> files, string folder)
    {
        foreach (var (name, content) in files)
        {
            string path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }
    }

    public static byte[] IdxImages(int count, int height = 28, int width = 28)
    {
        byte[] file = new byte[16 + (count * height * width)];
        BinaryPrimitives.WriteUInt32BigEndian(file, 0x0803);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4), count);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(8), height);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(12), width);
        for (int i = 16; i < file.Length; i++)
        {
            file[i] = (byte)(i * 13);
        }

        return file;
    }

    public static byte[] IdxLabels(params byte[] labels)
    {
        byte[] file = new byte[8 + labels.Length];
        BinaryPrimitives.WriteUInt32BigEndian(file, 0x0801);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4), labels.Length);
        labels.CopyTo(file, 8);
        return file;
    }
}

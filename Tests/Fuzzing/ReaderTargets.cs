using System.Buffers.Binary;
using System.Formats.Tar;
using System.Text;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Metrics;
using LpcEngine.Tests.Support;
using SkiaSharp;

namespace LpcEngine.Tests.Fuzzing;

/// <summary>Every reader of data files with its sound files.</summary>
internal static class ReaderTargets
{
    private const int Gzip = 1032; // what a byte of deflate can become
    private const long SeveralFiles = 1 << 20; // a buffer for each file of the set

    /// <summary>All of them.</summary>
    public static IEnumerable<FuzzTarget> All()
    {
        yield return new("safetensors, every tensor", 24_000, "t.safetensors", [Mixed(), WithHalves(), Empty()], input => ReadAll(input.Path));
        yield return new("tensors: data set", 8_000, "t.safetensors", [Images(bytes: true), Images(bytes: false)], input => DataSets.Load("tensors:" + input.Path, new()))
        {
            FreeBytes = 2 << 20, // a label says how many classes there are, each with a name
        };
        yield return new("latents for metrics", 6_000, "l.safetensors", [Latents(1), Latents(2)], input => LatentFile.Load(input.Path, threads: 1));
        yield return new("tar", 10_000, "cifar-10-binary.tar", [.. Tars()], input => Cifar(input.Folder)) { Mend = Checksums.OfTar, FreeBytes = SeveralFiles };
        yield return new("tar.gz", 8_000, "cifar-10-binary.tar.gz", [.. Tars().Select(FakeData.Gzip)], input => Cifar(input.Folder)) { BytesPerByte = 4 * Gzip, FreeBytes = SeveralFiles };
        yield return new("CIFAR records", 5_000, "cifar-10-batches-bin/data_batch_3.bin", [FakeData.Cifar10Records(5, 1), FakeData.Cifar10Records(7, 2)], input => Cifar(input.Folder))
        {
            Prepare = folder => FakeData.Unpack(FakeData.Cifar10(1), folder), FreeBytes = SeveralFiles,
        };
        yield return new("idx", 10_000, "train-images-idx3-ubyte", [FakeData.IdxImages(11, 5, 4)], input => Mnist(input.Folder)) { Prepare = folder => PrepareIdx(folder, ""), FreeBytes = SeveralFiles };
        yield return new("idx.gz", 6_000, "train-labels-idx1-ubyte.gz", [FakeData.Gzip(Labels), FakeData.Gzip(FakeData.IdxLabels([.. Enumerable.Repeat((byte)3, 11)]))], input => Mnist(input.Folder))
        {
            Prepare = folder => PrepareIdx(folder, ".gz"), BytesPerByte = 4 * Gzip, FreeBytes = SeveralFiles,
        };
        yield return Pictures("PNG", 12_000, [ImageTree.Png(1), ImageTree.Png(2, 33, 9), Encode(3, SKColorType.Gray8), Encode(4, SKColorType.Rgba8888)]) with { Mend = Checksums.OfPng };
        yield return Pictures("JPEG", 8_000, [ImageTree.Jpeg(1), ImageTree.Jpeg(2, 40, 17), ImageTree.Jpeg(3, 8, 8)]);
        yield return Pictures("WebP and BMP", 4_000, [Encode(5, SKColorType.Rgba8888, SKEncodedImageFormat.Webp), Bmp()]);
        yield return new("folder of images", 2_000, "train/red/0.png", [ImageTree.Png(1), ImageTree.Jpeg(2)], input => DataSets.Load("folder:" + input.Folder, new())) { Prepare = PrepareFolder, IsParallel = true };
    }

    private static FuzzTarget Pictures(string name, int count, IReadOnlyList<byte[]> seeds) => new(name, count, null, seeds, input =>
        ((ImageReader)input.Worker!).Decode("image", input.Content, new byte[3072])) { NewWorker = () => new ImageReader(32, 32) };

    private static void ReadAll(string path)
    {
        using var file = SafeTensorsFile.Open(path);
        foreach (var entry in file.Entries)
        {
            file.ReadBytes(entry.Name);
            if (entry.DType is "F64" or "F32" or "F16" or "BF16") file.ReadDoubles(entry.Name);
            else if (entry.DType is not ("U64" or "F8_E4M3" or "F8_E5M2")) file.ReadInts64(entry.Name);
            else UserErrors.Expect(() => file.ReadFloats(entry.Name), entry.DType);
        }
    }

    private static void Cifar(string folder) => DataSets.Load("cifar10", new() { DataDirectory = folder });

    private static void Mnist(string folder) => DataSets.Load("mnist", new() { DataDirectory = folder });

    private static byte[] Labels => FakeData.IdxLabels(5, 0, 4, 1, 9, 2, 1, 3, 1, 4, 7);

    private static void PrepareIdx(string folder, string end)
    {
        foreach (var (name, content) in ((string, byte[])[])[("train-images-idx3-ubyte", FakeData.IdxImages(11, 5, 4)), ("train-labels-idx1-ubyte", Labels), ("t10k-images-idx3-ubyte", FakeData.IdxImages(2, 5, 4)), ("t10k-labels-idx1-ubyte", FakeData.IdxLabels(1, 2))])
            File.WriteAllBytes(Path.Combine(folder, name + end), end.Length == 0 ? content : FakeData.Gzip(content));
    }

    private static void PrepareFolder(string folder)
    {
        foreach (var name in (string[])["train/red/0.png", "train/red/1.png", "train/blue/0.png", "test/blue/0.png"])
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, ImageTree.Png(7));
        }
    }

    private static byte[] Written(Action<SafeTensorsWriter> fill)
    {
        var writer = new SafeTensorsWriter();
        fill(writer);
        using var stream = new MemoryStream();
        writer.WriteTo(stream);
        return stream.ToArray();
    }

    private static byte[] Empty() => Written(writer => writer.Metadata["only"] = "words");

    private static byte[] Mixed() => Written(writer =>
    {
        writer.Metadata["format"] = "pt";
        writer.Add("float", [2, 3], new float[] { 1, 2, 3, 4, 5, 6 });
        writer.Add("double", [2], new double[] { 1, 2 });
        writer.Add("long", [3], new long[] { 1, -2, 3 });
        writer.Add("int", [1, 2], new int[] { 1, 2 });
        writer.Add("byte", [5], new byte[] { 1, 2, 3, 4, 5 });
        writer.Add("scalar", [], new float[] { 7 });
        writer.Add("nothing", [0, 9], Array.Empty<float>());
    });

    // Types that our writer has no use for, in a header made by hand.
    private static byte[] WithHalves()
    {
        var header = Encoding.UTF8.GetBytes("""{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[2,1],"data_offsets":[4,8]},"s":{"dtype":"I16","shape":[1],"data_offsets":[8,10]},"u":{"dtype":"U16","shape":[1],"data_offsets":[10,12]},"t":{"dtype":"BOOL","shape":[1],"data_offsets":[12,13]},"q":{"dtype":"U64","shape":[1],"data_offsets":[13,21]}}""");
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. new byte[21]];
    }

    private static byte[] Images(bool bytes) => Written(writer =>
    {
        foreach (var (prefix, count) in ((string, int)[])[("", 4), ("test_", 2)])
        {
            if (bytes) writer.Add(prefix + "images", [count, 3, 4, 5], Enumerable.Range(0, count * 60).Select(i => (byte)(i * 7)).ToArray());
            else writer.Add(prefix + "images", [count, 3, 4, 5], Enumerable.Range(0, count * 60).Select(i => i * 0.1f).ToArray());
            writer.Add(prefix + "labels", [count], Enumerable.Range(0, count).Select(i => (long)(i % 2)).ToArray());
        }
    });

    private static byte[] Latents(int seed) => Written(writer =>
    {
        var random = new Random(seed);
        var values = Enumerable.Range(0, 24).Select(_ => random.NextDouble() - 0.5).ToArray();
        if (seed == 1) writer.Add("latents", [8, 3], values);
        else writer.Add("latents", [8, 3], Array.ConvertAll(values, value => (float)value));
        writer.Add("labels", [8], new long[] { 0, 1, 0, 1, 2, 2, 0, 1 });
        if (seed == 1) writer.Add("classifier", [3, 3], values[..9]);
    });

    // The three formats of tar that are about, each with a name that needs its extension.
    private static IEnumerable<byte[]> Tars()
    {
        var files = FakeData.Cifar10(1).Where(file => !file.Key.EndsWith("html")).ToArray();
        yield return FakeData.Tar(new(files));
        foreach (var isPax in (bool[])[true, false])
        {
            using var buffer = new MemoryStream();
            using (var tar = new TarWriter(buffer, leaveOpen: true))
            {
                foreach (var (name, content) in files)
                {
                    var deep = name.EndsWith("batch_2.bin") ? new string('d', 120) + "/" + name : name;
                    // All times are one: with the clock's the damage would differ from one test run to the next.
                    TarEntry entry = isPax
                        ? new PaxTarEntry(TarEntryType.RegularFile, deep, ((string[])["atime", "ctime", "mtime"]).Select(time => KeyValuePair.Create(time, "0")))
                        : new GnuTarEntry(TarEntryType.RegularFile, deep) { AccessTime = DateTimeOffset.UnixEpoch, ChangeTime = DateTimeOffset.UnixEpoch };
                    (entry.DataStream, entry.ModificationTime) = (new MemoryStream(content), DateTimeOffset.UnixEpoch);
                    tar.WriteEntry(entry);
                }
            }
            yield return WithoutProcess(buffer.ToArray());
        }
    }

    // .NET writes the number of its process into the names of extended headers.
    private static byte[] WithoutProcess(byte[] tar)
    {
        var mark = Encoding.ASCII.GetBytes($"PaxHeaders.{Environment.ProcessId}");
        for (int at = 0, found; (found = tar.AsSpan(at).IndexOf(mark)) >= 0; at += found + mark.Length)
        {
            var name = tar.AsSpan(at + found, 100 - (at + found) % 512);
            var rest = name[mark.Length..].ToArray();
            name.Clear();
            "PaxHeaders.1"u8.CopyTo(name);
            rest.AsSpan(0, Math.Min(rest.Length, name.Length - 12)).CopyTo(name[12..]);
        }
        return Checksums.OfTar(tar);
    }

    private static byte[] Encode(int seed, SKColorType type, SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        var random = new Random(seed);
        using var bitmap = new SKBitmap(new SKImageInfo(19, 13, type, type == SKColorType.Gray8 ? SKAlphaType.Opaque : SKAlphaType.Unpremul));
        random.NextBytes(bitmap.GetPixelSpan());
        using var data = bitmap.Encode(format, 100);
        return data.ToArray();
    }

    // 24-bit BMP of 5 × 3 pixels: Skia writes none.
    private static byte[] Bmp()
    {
        var bmp = new byte[54 + 3 * 16];
        bmp[0] = (byte)'B';
        bmp[1] = (byte)'M';
        foreach (var (at, value) in ((int, int)[])[(2, bmp.Length), (10, 54), (14, 40), (18, 5), (22, 3), (26, 1 | (24 << 16)), (34, 48)]) BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(at), value);
        for (var i = 54; i < bmp.Length; i++) bmp[i] = (byte)(i * 5);
        return bmp;
    }
}

using System.Text.Json;
using LpcEngine.Experiments.Data;

namespace LpcEngine.Tests.Goldens;

/// <summary>Image files become the pixels that torchvision makes of them, and folders the classes and the order of its ImageFolder.</summary>
public sealed class OwnImageGoldens
{
    // Decoders of JPEG may differ by a rounding (ITU-T T.83); those of one libjpeg-turbo do not.
    private const int JpegTolerance = 1;

    private static IEnumerable<string> Names()
    {
        using var file = GoldenFile.Open("own-images");
        return [.. file.Entries.Where(entry => entry.Name.StartsWith("file.")).Select(entry => entry.Name["file.".Length..])];
    }

    [TestCaseSource(nameof(Names))]
    public void An_image_file_becomes_torchvisions_pixels(string name)
    {
        using var file = GoldenFile.Open("own-images");
        var expected = file.ReadBytes("pixels." + name);
        var pixels = Poisoned(expected);
        using var reader = new ImageReader(32, 32);
        reader.Decode(name, file.ReadBytes("file." + name), pixels);
        var largest = pixels.Zip(expected, (a, b) => Math.Abs(a - b)).Max();
        Assert.That(largest, Is.LessThanOrEqualTo(name.EndsWith(".jpg") ? JpegTolerance : 0));
        TestContext.Out.WriteLine($"largest difference {largest}");
    }

    [Test]
    public void Images_that_need_no_scaling_are_their_files_pixels()
    {
        using var file = GoldenFile.Open("own-images");
        using var reader = new ImageReader(32, 32);
        var pixels = new byte[32 * 32 * 3];
        Assert.That(reader.Decode("a", file.ReadBytes("file.rgb-32x32.png"), pixels), Is.EqualTo(new ImageSize(32, 32)));
        Assert.That(pixels, Is.EqualTo(file.ReadBytes("pixels.rgb-32x32.png")));
    }

    [Test]
    public void A_folder_is_listed_as_by_torchvisions_ImageFolder()
    {
        using var file = GoldenFile.Open("own-images");
        using var folder = new TemporaryFolder();
        foreach (var name in Parse<string[]>("tree"))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
            File.WriteAllBytes(folder[name], []);
        }
        var classes = ImageFolder.Classes(folder.Path);
        Assert.That(classes.Select(c => c.Name), Is.EqualTo(Parse<string[]>("classes")));
        Assert.That(
            classes.SelectMany((c, label) => c.Files.Select(path => (Path.GetRelativePath(folder.Path, path), label))),
            Is.EqualTo(Parse<JsonElement[][]>("samples").Select(sample => (sample[0].GetString()!, sample[1].GetInt32()))));

        T Parse<T>(string key) => JsonSerializer.Deserialize<T>(file.Metadata[key])!;
    }

    // What is not written shows.
    private static byte[] Poisoned(byte[] expected) => Array.ConvertAll(expected, value => (byte)~value);
}

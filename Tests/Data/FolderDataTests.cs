using LpcEngine.Experiments.Data;
using LpcEngine.Tests.Support;
using SkiaSharp;

namespace LpcEngine.Tests.Data;

/// <summary>A user's own images in folders.</summary>
internal sealed class FolderDataTests
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    private DataSet Load(DataOptions? options = null) => DataSets.Load("folder:" + folder["data"], options ?? new DataOptions());

    [Test]
    public void Splits_have_their_labels_by_the_names_of_the_classes_and_the_channels_are_measured()
    {
        ImageTree.AddRedAndBlue(folder);
        ImageTree.Add(folder, "data/test/red/deeper/er.png", ImageTree.Png(9));
        var data = Load();
        Assert.That(data.ClassNames, Is.EqualTo(new[] { "blue", "red" }));
        Assert.That(data.Train.Labels, Is.EqualTo(new[] { 0, 0, 0, 1, 1, 1 }));
        Assert.That(data.Test!.Labels, Is.EqualTo(new[] { 0, 0, 1, 1, 1 }));
        Assert.That((data.Train.Height, data.Train.Width, data.Train.Channels, data.Flip), Is.EqualTo((32, 32, 3, true)));
        // By hand, in another order of summation.
        for (var c = 0; c < 3; c++)
        {
            var channel = data.Train.Bytes!.Where((_, i) => i % 3 == c).Select(value => value / 255.0).ToArray();
            var mean = channel.Average();
            Assert.That(data.Mean[c], Is.EqualTo(mean).Within(1e-6));
            Assert.That(data.Std[c], Is.EqualTo(Math.Sqrt(channel.Average(value => (value - mean) * (value - mean)))).Within(1e-6));
        }
    }

    [Test]
    public void A_test_split_may_lack_classes_or_be_absent_and_sizes_can_be_chosen()
    {
        ImageTree.AddRedAndBlue(folder);
        Directory.Delete(folder["data/test/blue"], recursive: true);
        Assert.That(Load().Test!.Labels, Is.EqualTo(new[] { 1, 1 }), "red keeps its number");
        Directory.Delete(folder["data/test"], recursive: true);
        var data = Load(new() { ImageSide = 5, TrainPerClass = 1, ValidationPerClass = 1 });
        Assert.That(data.Test, Is.Null);
        Assert.That((data.Train.Count, data.Validation!.Count, data.Train.Bytes!.Length), Is.EqualTo((2, 2, 2 * 5 * 5 * 3)));
    }

    [Test]
    public void Only_what_is_used_is_read()
    {
        ImageTree.AddRedAndBlue(folder);
        File.WriteAllText(folder["data/train/red/2.png"], "not read");
        Assert.That(Load(new() { TrainPerClass = 2 }).Train.Count, Is.EqualTo(4));
        UserErrors.Expect(() => Load(), folder["data/train/red/2.png"], "not an image");
    }

    [Test]
    public void Images_of_CIFAR_as_PNG_files_are_CIFARs_images()
    {
        FakeData.Unpack(FakeData.Cifar10(2), folder.Path);
        var cifar = DataSets.Load("cifar10", new() { DataDirectory = folder.Path });
        for (var i = 0; i < cifar.Train.Count; i++)
        {
            using var bitmap = new SKBitmap(32, 32);
            for (var p = 0; p < 1024; p++)
            {
                var at = i * 3072 + p * 3;
                bitmap.SetPixel(p % 32, p / 32, new SKColor(cifar.Train.Bytes![at], cifar.Train.Bytes[at + 1], cifar.Train.Bytes[at + 2]));
            }
            using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            ImageTree.Add(folder, $"data/train/a{cifar.Train.Labels[i]}/{i:000}.png", png.ToArray());
        }
        var own = Load().Train;
        var order = Enumerable.Range(0, own.Count).OrderBy(i => cifar.Train.Labels[i]).ToArray(); // stable, as the names are
        Assert.That(own.Bytes, Is.EqualTo(cifar.Train.Select(order).Bytes));
        Assert.That(own.Labels, Is.EqualTo(cifar.Train.Select(order).Labels));
    }

    [Test]
    public void Large_and_small_images_side_by_side_give_what_each_gives_alone()
    {
        for (var i = 0; i < 40; i++) ImageTree.Add(folder, $"data/train/{(char)('a' + i % 2)}/{i:00}.png", ImageTree.Png(i, 1 + i * 13 % 97, 1 + i * 31 % 89));
        var data = Load();
        using var reader = new ImageReader(32, 32);
        var alone = new byte[3072];
        var files = ImageFolder.Classes(folder["data/train"]).SelectMany(c => c.Files).ToArray();
        for (var i = 0; i < files.Length; i++)
        {
            reader.Read(files[i], alone);
            Assert.That(data.Train.Bytes.AsSpan(i * 3072, 3072).ToArray(), Is.EqualTo(alone), files[i]);
        }
    }

    [Test]
    public void A_link_to_a_folder_is_followed_and_one_that_leads_back_is_refused()
    {
        ImageTree.AddRedAndBlue(folder);
        Directory.Move(folder["data/train/red"], folder["elsewhere"]);
        Directory.CreateSymbolicLink(folder["data/train/red"], folder["elsewhere"]);
        Assert.That(Load().Train.Count, Is.EqualTo(6));
        Directory.CreateSymbolicLink(folder["data/train/blue/again"], folder["data/train"]);
        UserErrors.Expect(() => Load(), "again", "link");
    }

    private static TestCaseData Mistake(string name, Action<TemporaryFolder> make, params string[] words) => new TestCaseData(make, words).SetArgDisplayNames(name);

    private static readonly TestCaseData[] Mistakes =
    [
        Mistake("no folder", f => Directory.Delete(f["data"], true), "There is no folder", "train/CLASS"),
        Mistake("a file", f => { Directory.Delete(f["data"], true); File.WriteAllText(f["data"], "zip"); }, "is a file"),
        Mistake("no train folder", f => Directory.Move(f["data/train"], f["data/training"]), "no folder train", "test, training"),
        Mistake("train is a file", f => { Directory.Delete(f["data/train"], true); File.WriteAllText(f["data/train"], ""); }, "data/train is a file"),
        Mistake("test is a file", f => { Directory.Delete(f["data/test"], true); File.WriteAllText(f["data/test"], ""); }, "data/test is a file"),
        Mistake("an empty train folder", f => { Directory.Delete(f["data/train"], true); Directory.CreateDirectory(f["data/train"]); }, "data/train holds no images"),
        Mistake("an empty test folder", f => { Directory.Delete(f["data/test"], true); Directory.CreateDirectory(f["data/test"]); }, "data/test holds no images"),
        Mistake("images in no class", f => { Directory.Delete(f["data/train"], true); ImageTree.Add(f, "data/train/x.png", ImageTree.Png(1)); }, "train/CLASS/x.png"),
        Mistake("no images in any class", f => { foreach (var file in Directory.GetFiles(f["data/train"], "*.*", SearchOption.AllDirectories)) File.Move(file, file + ".tiff"); }, "no images", ".tiff"),
        Mistake("an empty class", f => Directory.CreateDirectory(f["data/train/green"]), "data/train/green", "empty class"),
        Mistake("an empty class in test", f => Directory.CreateDirectory(f["data/test/green"]), "data/test/green", "empty class"),
        Mistake("a class in test alone", f => ImageTree.Add(f, "data/test/green/0.png", ImageTree.Png(1)), "data/test/green", "train lacks", "blue, red"),
        Mistake("one class alone", f => { Directory.Delete(f["data/train/red"], true); Directory.Delete(f["data/test"], true); }, "one class alone (blue)"),
        Mistake("an image of text", f => File.WriteAllText(f["data/train/red/1.png"], "text"), "data/train/red/1.png is not an image"),
        Mistake("an empty image", f => File.WriteAllText(f["data/train/red/1.png"], ""), "data/train/red/1.png is empty"),
        Mistake("a truncated PNG", f => Cut(f["data/test/red/1.png"]), "data/test/red/1.png is cut off"),
        Mistake("a truncated JPEG", f => Cut(f["data/train/blue/0.jpg"]), "data/train/blue/0.jpg is cut off"),
        Mistake("a dangling link", f => File.CreateSymbolicLink(f["data/train/red/z.png"], f["nowhere.png"]), "There is no image", "z.png"),
        Mistake("a PNG that promises a gigabyte", f => File.WriteAllBytes(f["data/train/red/1.png"], Promising(16000, 16000)), "data/train/red/1.png is cut off"),
        Mistake("a PNG beyond all bounds", f => File.WriteAllBytes(f["data/train/red/1.png"], Promising(60000, 60000)), "60000×60000", "scale it down"),
    ];

    [TestCaseSource(nameof(Mistakes))]
    public void Every_mistake_is_one_clear_line(Action<TemporaryFolder> make, string[] words)
    {
        ImageTree.AddRedAndBlue(folder);
        make(folder);
        UserErrors.Expect(() => Load(), words);
    }

    [Test]
    public void Options_that_do_not_fit_are_refused()
    {
        ImageTree.AddRedAndBlue(folder);
        UserErrors.Expect(() => Load(new() { Classes = 3 }), "has 2 classes, not 3");
        UserErrors.Expect(() => Load(new() { ImageSide = 0 }), "--image-size 0");
        UserErrors.Expect(() => Load(new() { ImageSide = 100_000 }), "--image-size 100000");
        UserErrors.Expect(() => DataSets.Load("synthetic10", new() { ImageSide = 16 }), "--image-size 16", "folder:");
        UserErrors.Expect(() => DataSets.Load("folder:", new()), "needs a folder");
        UserErrors.Expect(() => DataSets.Load("folder:" + folder["data/train/"], new()), "no folder train", "Give the folder above it");
    }

    [Test]
    public void The_first_unreadable_file_is_named_whatever_the_threads_do()
    {
        ImageTree.AddRedAndBlue(folder, train: 30);
        foreach (var name in (string[])["blue/7.jpg", "red/3.png", "red/29.png"]) File.WriteAllText(folder["data/train/" + name], "text");
        for (var round = 0; round < 20; round++) UserErrors.Expect(() => Load(), "blue/7.jpg");
    }

    private static void Cut(string path) => File.WriteAllBytes(path, File.ReadAllBytes(path)[..^100]);

    // A sound header of another size, with its checksum, before the data of a small image.
    private static byte[] Promising(int width, int height)
    {
        var png = ImageTree.Png(1);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), width);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), height);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), Crc32.Of(png.AsSpan(12, 17)));
        return png;
    }
}

namespace LpcEngine.Tests.Engine;

/// <summary>The caches' sizes are read from what the system says of the first core.</summary>
public sealed class CacheSizesTests
{
    [TestCase("1024K", ExpectedResult = 1L << 20)]
    [TestCase("32M\n", ExpectedResult = 32L << 20)]
    [TestCase("65536", ExpectedResult = 65536L)]
    [TestCase("0K", ExpectedResult = null)]
    [TestCase("-1K", ExpectedResult = null)]
    [TestCase("much", ExpectedResult = null)]
    [TestCase("", ExpectedResult = null)]
    public long? A_size_is_read_with_its_unit(string size) => InFolder(folder =>
    {
        Level(folder, "index0", "1", "Data", "32K");
        Level(folder, "index1", "2", "Instruction", "64K"); // not for data
        Level(folder, "index2", "2", "Unified", size);
        return CacheSizes.Read(folder, 2);
    });

    [Test]
    public void What_is_not_said_is_null() => InFolder<long?>(folder =>
    {
        Assert.That(CacheSizes.Read(folder, 3), Is.Null);
        Assert.That(CacheSizes.Read(Path.Combine(folder, "none"), 3), Is.Null);
        Directory.CreateDirectory(Path.Combine(folder, "index0")); // a level without its files
        Assert.That(CacheSizes.Read(folder, 3), Is.Null);
        return null;
    });

    [Test]
    public void This_machine_has_plausible_caches()
    {
        Assert.That(CacheSizes.Level2, Is.InRange(64L << 10, 256L << 20));
        Assert.That(CacheSizes.Level3, Is.GreaterThanOrEqualTo(CacheSizes.Level2).And.LessThan(16L << 30));
    }

    private static void Level(string folder, string index, string level, string type, string size)
    {
        var at = Directory.CreateDirectory(Path.Combine(folder, index)).FullName;
        File.WriteAllText(Path.Combine(at, "level"), level + "\n");
        File.WriteAllText(Path.Combine(at, "type"), type + "\n");
        File.WriteAllText(Path.Combine(at, "size"), size);
    }

    private static T InFolder<T>(Func<string, T> body)
    {
        var folder = Directory.CreateTempSubdirectory("caches-").FullName;
        try
        {
            return body(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

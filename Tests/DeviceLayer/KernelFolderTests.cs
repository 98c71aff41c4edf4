namespace LpcEngine.Tests.DeviceLayer;

/// <summary>The files of compiled kernels: found whole or not at all, and never more of them than agreed.</summary>
public sealed class KernelFolderTests
{
    private static readonly StoredKernel Kernel = new("line one\nline two, with ÄΩ\n", 4096, true);
    private const string Key = "kernel a\ntarget b";

    [Test]
    public void A_kernel_comes_back_as_it_was([Values("", "text", "\n\n\n", "ends with\r\n")] string text, [Values(0, 49152)] int shared, [Values] bool dynamic)
    {
        var kernel = new StoredKernel(text, shared, dynamic);
        Assert.That(StoredKernel.Parse(kernel.ToBytes(Key), Key), Is.EqualTo(kernel));
        Assert.That(StoredKernel.Parse(kernel.ToBytes(Key), "kernel a"), Is.Null, "the key of another, with which this one begins");
        Assert.That(StoredKernel.Parse(kernel.ToBytes(Key), Key + " c"), Is.Null);
    }

    [Test]
    public void No_part_of_a_file_and_no_changed_file_is_a_kernel()
    {
        var whole = Kernel.ToBytes(Key);
        for (var i = 0; i < whole.Length; i++)
        {
            Assert.That(StoredKernel.Parse(whole.AsSpan(0, i), Key), Is.Null, $"the first {i} bytes");
            Assert.That(StoredKernel.Parse(whole.AsSpan(i + 1), Key), Is.Null, $"without the first {i + 1} bytes");
            var changed = whole.ToArray();
            changed[i] ^= 4;
            Assert.That(StoredKernel.Parse(changed, Key), Is.Null, $"byte {i}");
        }
        Assert.That(StoredKernel.Parse([.. whole, 0], Key), Is.Null);
    }

    [Test]
    public void Writers_and_readers_side_by_side_see_whole_kernels()
    {
        using var folder = new TemporaryFolder();
        var kernels = Enumerable.Range(0, 4).Select(i => Kernel with { Text = new string((char)('a' + i), 50_000) }).ToArray();
        var found = 0;
        Parallel.For(0, 8, worker =>
        {
            var own = new KernelFolder(folder.Path);
            for (var i = 0; i < 50; i++)
            {
                if (worker % 2 == 0) Assert.That(own.Keep(Key, kernels[i % kernels.Length]));
                else if (own.Find(Key) is { } kernel)
                {
                    Assert.That(kernels, Has.Member(kernel));
                    Interlocked.Increment(ref found);
                }
            }
        });
        Assert.That(new KernelFolder(folder.Path).Find(Key), Is.Not.Null);
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1));
    }

    [Test]
    public void The_least_recently_used_go_when_the_folder_grows()
    {
        using var folder = new TemporaryFolder();
        var text = Kernel with { Text = new string('x', 10_000) };
        for (var i = 0; i < 10; i++)
        {
            new KernelFolder(folder.Path).Keep($"kernel {i}", text);
            foreach (var file in Directory.GetFiles(folder.Path)) File.SetLastWriteTimeUtc(file, File.GetLastWriteTimeUtc(file).AddDays(-2));
        }
        // The oldest two are used once more: that makes them young.
        var reader = new KernelFolder(folder.Path);
        Assert.That((reader.Find("kernel 0"), reader.Find("kernel 1")), Is.EqualTo((text, text)));
        Assert.That(new KernelFolder(folder.Path, mostBytes: 55_000).Keep("kernel 10", text));
        var left = Enumerable.Range(0, 11).Where(i => reader.Find($"kernel {i}") is not null);
        Assert.That(left, Is.EqualTo(new[] { 0, 1, 7, 8, 9, 10 }));
    }

    [Test]
    public void What_nobody_has_used_for_long_goes_and_foreign_files_stay()
    {
        using var folder = new TemporaryFolder();
        new KernelFolder(folder.Path).Keep("kernel old", Kernel);
        foreach (var file in Directory.GetFiles(folder.Path)) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-100));
        foreach (var name in new[] { "old.kernel.1-1.tmp", "young.kernel.1-1.tmp", "notes.txt" }) File.WriteAllText(folder[name], "");
        File.SetLastWriteTimeUtc(folder["old.kernel.1-1.tmp"], DateTime.UtcNow.AddDays(-2));
        File.SetLastWriteTimeUtc(folder["notes.txt"], DateTime.UtcNow.AddDays(-1000));
        Assert.That(new KernelFolder(folder.Path).Keep("kernel new", Kernel));
        var left = Directory.GetFiles(folder.Path).Select(Path.GetFileName).ToArray();
        Assert.That(left, Has.Length.EqualTo(3).And.Member("young.kernel.1-1.tmp").And.Member("notes.txt"));
        Assert.That(new KernelFolder(folder.Path).Find("kernel new"), Is.EqualTo(Kernel));
    }

    [Test]
    public void The_cache_is_where_the_environment_says()
    {
        var xdg = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        try
        {
            using (OwnCache.Instead("off")) Assert.That(CacheFolder.Find(), Is.Null);
            using (OwnCache.Instead("some/where")) Assert.That(CacheFolder.Find(), Is.EqualTo(Path.GetFullPath("some/where")));
            if (OperatingSystem.IsWindows()) return;
            using var unset = OwnCache.Instead(null);
            Environment.SetEnvironmentVariable("XDG_CACHE_HOME", "/tmp/xdg");
            Assert.That(CacheFolder.Find(), Is.EqualTo("/tmp/xdg/lpc-engine"));
            Environment.SetEnvironmentVariable("XDG_CACHE_HOME", "relative");
            Assert.That(CacheFolder.Find(), Is.Null.Or.EndsWith(OperatingSystem.IsMacOS() ? "/Library/Caches/lpc-engine" : "/.cache/lpc-engine"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("XDG_CACHE_HOME", xdg);
        }
    }
}

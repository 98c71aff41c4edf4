namespace LpcEngine.Tests.Engine;

/// <summary>What a device does when it is full, and what it knows of it beforehand.</summary>
public sealed class MemoryLimits
{
    // Millions of elements are too much for the emulator.
    private static IEnumerable<string> DeviceNames => TestDevices.Names.Where(name => name != "emulator");

    [TestCaseSource(nameof(DeviceNames))]
    public void A_full_device_refuses_and_goes_on_with_less(string name)
    {
        using var device = Devices.Open(name, 1);
        var kept = device.NewKept(new(1 << 20));
        device.MemoryLimitBytes = (4 + 24) << 20;
        Assert.That(device.FreeMemoryBytes, Is.EqualTo(24 << 20));
        Assert.That(() => device.NewKept(new(7 << 20)), Throws.TypeOf<TooLittleMemoryException>().With.Message.Contains(name).And.Message.Contains("28 MiB"));
        device.Step(() =>
        {
            // Slabs of 16 MiB, then what is left: all of it can be used.
            for (var i = 0; i < 6; i++) device.Fill(device.New(new(1 << 20)), i);
            Assert.That(() => device.New(new(1 << 20)), Throws.TypeOf<TooLittleMemoryException>());
        });
        Assert.That((device.FreeMemoryBytes, device.Statistics.ArenaBytes), Is.EqualTo((0L, 24L << 20)));
        device.FreeStepMemory();
        Assert.That((device.FreeMemoryBytes, device.Statistics.ArenaBytes, device.Statistics.ArenaPeakBytes), Is.EqualTo((24L << 20, 0L, 0L)));
        device.Fill(kept, 2);
        Assert.That(kept.ToFloats(), Has.All.EqualTo(2f));
        device.Step(() =>
        {
            var tensor = device.New(new(1 << 20));
            device.Fill(tensor, 3);
            Assert.That(tensor.ToFloats(), Has.All.EqualTo(3f));
            Assert.That(device.FreeStepMemory, Throws.InvalidOperationException);
        });
    }

    [Test]
    public void Memory_of_the_machine_or_its_container_is_known()
    {
        using var root = new TemporaryFolder();
        const long GiB = 1L << 30;
        Assert.That(MachineMemory.Free(root.Path), Is.EqualTo(long.MaxValue), "nothing is known");
        Write("proc/meminfo", $"MemTotal:       {8 * GiB >> 10} kB\nMemFree: 1 kB\nMemAvailable:   {6 * GiB >> 10} kB\n");
        Assert.That(MachineMemory.Free(root.Path), Is.EqualTo(6 * GiB - 8 * GiB / 20));
        Write("sys/fs/cgroup/memory.max", "max\n");
        Write("sys/fs/cgroup/memory.current", $"{GiB}\n");
        Assert.That(MachineMemory.Free(root.Path), Is.EqualTo(6 * GiB - 8 * GiB / 20), "a group without a limit");
        Write("sys/fs/cgroup/memory.max", $"{2 * GiB}\n");
        Assert.That(MachineMemory.Free(root.Path), Is.EqualTo(GiB - 2 * GiB / 20));
        Write("sys/fs/cgroup/memory.stat", $"anon 5\ninactive_file {GiB / 2}\n");
        Assert.That(MachineMemory.Free(root.Path), Is.EqualTo(GiB + GiB / 2 - 2 * GiB / 20), "files go when memory is needed");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", $"{GiB}\n");
        Write("sys/fs/cgroup/memory/memory.usage_in_bytes", $"{2 * GiB}\n");
        Assert.That(MachineMemory.Free(root.Path), Is.Zero);

        void Write(string file, string text)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(root[file])!);
            File.WriteAllText(root[file], text);
        }
    }

    [Test]
    public void The_processor_refuses_what_the_machine_does_not_have()
    {
        using var device = Devices.Open("cpu", 1);
        Assert.That(device.FreeMemoryBytes, Is.InRange(1, device.TotalMemoryBytes));
        Assert.That(() => device.AllocateMemory(1L << 45), Throws.TypeOf<TooLittleMemoryException>().With.Message.Contains("'cpu'"));
    }
}

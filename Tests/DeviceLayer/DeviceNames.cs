namespace LpcEngine.Tests.DeviceLayer;

/// <summary>What a user gets who names a device.</summary>
public sealed class DeviceNames
{
    [TestCase("gpu")]
    [TestCase("cuda:x")]
    [TestCase("cuda:-1")]
    [TestCase("cpu:0")]
    [TestCase("opencl:0:0")]
    [TestCase("")]
    public void An_unknown_name_is_refused_with_the_known_ones(string name)
    {
        var problem = Assert.Throws<UserErrorException>(() => Devices.Open(name));
        Assert.That(problem!.Message, Does.Contain("opencl:i").And.Not.Contain("\n"));
    }

    [TestCase("cuda:99")]
    [TestCase("opencl:99")]
    public void A_device_that_is_not_there_is_one_line_with_a_way_out(string name)
    {
        var problem = Assert.Throws<UserErrorException>(() => Devices.Open(name));
        Assert.That(problem!.Message, Does.Contain(name).And.Contain("'cpu'").And.Not.Contain("\n"));
    }

    [Test]
    public void Every_listed_device_opens()
    {
        var names = Devices.Available();
        Assert.That(names, Does.Contain("cpu").And.Contain("emulator"));
        foreach (var name in names)
        {
            using var device = Devices.Open(name);
            Assert.That(device.Description, Is.Not.Empty);
        }
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void Host_copies_of_any_length_arrive(string name)
    {
        var device = TestDevices.Get(name);
        // Beyond the staging memory of GPU devices, with a remainder.
        var values = Enumerable.Range(0, (9 << 20) / 4 + 3).Select(i => (float)i).ToArray();
        var tensor = device.NewKept<float>(new(values.Length), values);
        Assert.That(tensor.ToFloats(), Is.EqualTo(values));
    }

    [Test]
    public void Too_little_memory_is_one_line_with_a_way_out([Values("opencl:0", "cuda:0")] string name)
    {
        if (!TestDevices.Names.Contains(name)) Assert.Ignore($"this machine has no {name}");
        using var device = Devices.Open(name);
        // No device has room for a few hundred tensors of 8 GiB; drivers refuse the first or a later one without touching the memory.
        var problem = Assert.Throws<TooLittleMemoryException>(() =>
        {
            for (var i = 0; i < 4096; i++) device.AllocateMemory((1L << 33) - 256);
        });
        Assert.That(problem!.Message, Does.Contain(name).And.Contain("MiB").And.Not.Contain("\n"));
    }
}

namespace LpcEngine.Tests;

/// <summary>The devices of this machine, opened once and shared by all tests of a run.</summary>
/// <remarks>Opening an OpenCL device and compiling its kernels takes seconds, so tests share them. Tests follow one another, but for fixtures marked as parallelizable, which come first: those touch no device, nor anything else of the process.</remarks>
[SetUpFixture]
public sealed class TestDevices
{
    private static readonly Dictionary<string, Device> Open = [];

    /// <summary>Names of what is here: cpu, emulator and, where there is one, opencl and cuda.</summary>
    public static IReadOnlyList<string> Names { get; } = Devices.Available();

    /// <summary>A shared device by name.</summary>
    public static Device Get(string name)
    {
        if (!Open.TryGetValue(name, out var device)) Open[name] = device = Devices.Open(name, name == "cpu" ? 2 : 0);
        return device;
    }

    /// <summary>Where the kernels for GPUs have to be tested (CI), a missing OpenCL device is a failure, not a reason to test less.</summary>
    [OneTimeSetUp]
    public void Require()
    {
        if (Environment.GetEnvironmentVariable("LPC_REQUIRE_OPENCL") == "1" && !Names.Any(name => name.StartsWith("opencl", StringComparison.Ordinal)))
            Assert.Fail("LPC_REQUIRE_OPENCL is set, but this machine has no OpenCL device. On Debian: apt-get install pocl-opencl-icd ocl-icd-libopencl1");
    }

    [OneTimeTearDown]
    public void Close()
    {
        foreach (var device in Open.Values) device.Dispose();
        Open.Clear();
        OwnCache.Remove();
    }
}

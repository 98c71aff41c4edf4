namespace LpcEngine.Tests.Engine;

/// <summary>A device knows how many kernels it was asked to run.</summary>
public sealed class LaunchCountTests
{
    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void Each_launch_of_a_kernel_counts_once(string name)
    {
        var device = TestDevices.Get(name);
        var x = device.NewKept(new Shape(10));
        device.Fill(x, 1); // compiles
        var before = device.Launches;
        for (var i = 0; i < 3; i++) device.Fill(x, i);
        Assert.That(device.Launches - before, Is.EqualTo(device is GpuDevice ? 3 : 0));
    }
}

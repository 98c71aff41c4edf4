namespace LpcEngine.Tests.DeviceLayer;

/// <summary>What launching work on a device leaves for the garbage collector: nothing.</summary>
public sealed class LaunchGarbage
{
    private static IEnumerable<string> DeviceNames => TestDevices.Names.Where(name => name != "emulator");

    [TestCaseSource(nameof(DeviceNames))]
    public void A_step_allocates_nothing(string deviceName)
    {
        var device = TestDevices.Get(deviceName);
        var x = device.NewKept(new(2, 8, 8, 3));
        var weight = device.NewKept(new(3, 3, 3, 8));
        var other = device.NewKept(new(8, 8));
        var host = new float[x.Shape.Count];
        weight.TracksGradient = other.TracksGradient = true;
        Action step = () =>
        {
            x.CopyFrom<float>(host);
            var y = x.Conv2d(weight, 1, 1).Swish().Conv2d(other.View(new(1, 1, 8, 8)), 2);
            var copy = device.New(y.Shape);
            device.Copy(y, copy);
            device.Fill(copy, 0.5f);
            device.Tape.Backward(y, copy);
            x.CopyTo<float>(host);
        };
        for (var i = 0; i < 20; i++) device.Step(step);

        var before = GC.GetAllocatedBytesForCurrentThread();
        const int steps = 50;
        for (var i = 0; i < steps; i++) device.Step(step);
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(bytes / steps, Is.Zero, $"{bytes} bytes in {steps} steps");
    }
}

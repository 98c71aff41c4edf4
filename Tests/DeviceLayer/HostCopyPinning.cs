namespace LpcEngine.Tests.DeviceLayer;

/// <summary>Copies between a device and managed memory, while the garbage collector moves what is not held in place.</summary>
public sealed class HostCopyPinning
{
    private static IEnumerable<string> DeviceNames => TestDevices.Names.Where(name => name is not ("cpu" or "emulator"));

    [TestCaseSource(nameof(DeviceNames))]
    public void Arrays_stay_in_place_until_their_copy_has_ended(string name)
    {
        const int size = 256, count = 1000;
        var device = TestDevices.Get(name);
        var a = device.NewKept(new(size, size));
        var expected = Enumerable.Range(0, count).Select(i => (float)i).ToArray();
        var source = device.NewKept<float>(new(count), expected);
        device.Step(() => a.MatMul(a)); // compiles
        using var ended = new ManualResetEventSlim();
        var collector = new Thread(() =>
        {
            while (!ended.IsSet)
            {
                GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
                Thread.Sleep(1);
            }
        });
        collector.Start();
        try
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            for (var i = 0; i < 40 && clock.ElapsedMilliseconds < 1500; i++)
            {
                device.Step(() =>
                {
                    // Garbage below the array, so that compacting moves it; and work ahead of the copy, so that it takes place later than it is asked for.
                    for (var k = 0; k < 64; k++) GC.KeepAlive(new byte[500]);
                    a.MatMul(a).MatMul(a).MatMul(a);
                    Assert.That(source.ToFloats(), Is.EqualTo(expected));
                });
            }
        }
        finally
        {
            ended.Set();
            collector.Join();
            device.Free(a);
            device.Free(source);
        }
    }
}

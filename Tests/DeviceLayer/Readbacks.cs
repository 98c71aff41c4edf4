using System.Runtime.InteropServices;
using ILGPU.Runtime.OpenCL;
using LpcEngine.Experiments.Training;

namespace LpcEngine.Tests.DeviceLayer;

/// <summary>Elements on their way to the host: those of the moment when they were asked for, and nobody waits.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Names))]
public sealed partial class Readbacks(string deviceName)
{
    private readonly Device device = TestDevices.Get(deviceName);

    [Test]
    public void What_is_read_is_what_was_there_when_it_was_asked_for()
    {
        var tensor = Numbers(1000);
        using var readback = device.NewReadback(tensor);
        readback.Ask();
        device.Fill(tensor, float.NaN); // the work that comes after
        Assert.That(readback.Take<float>().ToArray(), Is.EqualTo(Values(1000)));
        readback.Ask();
        Assert.That(readback.Take<float>().ToArray(), Has.All.NaN, "asked again");
        device.Free(tensor);
    }

    [Test]
    public void Only_the_last_question_is_answered()
    {
        var tensor = Numbers(70_000);
        using var readback = device.NewReadback(tensor);
        readback.Ask();
        device.Fill(tensor, 2);
        readback.Ask();
        device.Fill(tensor, 3);
        Assert.That(readback.Take<float>().ToArray(), Has.All.EqualTo(2f));
        Assert.That(() => readback.Take<float>(), Throws.InvalidOperationException.With.Message.Contains("Ask comes before each Take"));
        device.Free(tensor);
    }

    [Test]
    public void What_was_asked_for_arrives_though_nobody_waits_and_asking_waits_for_nothing()
    {
        if (device.Name == "emulator") Assert.Ignore("The emulator's copies wait by themselves.");
        var tensor = Numbers(100);
        using var readback = device.NewReadback(tensor);
        device.Synchronize();
        var waits = device.Waits;
        readback.Ask();
        Assert.That(() => readback.IsThere, Is.True.After(30).Seconds.PollEvery(1).MilliSeconds);
        Assert.That(readback.Take<float>().ToArray(), Is.EqualTo(Values(100)));
        Assert.That(device.Waits, Is.EqualTo(waits));
        Assert.That(readback.IsThere || readback.IsAsked, Is.False, "taken");
        device.Free(tensor);
    }

    [Test]
    public void Each_type_of_element_is_read_as_what_it_is()
    {
        if (!device.Computes(Precision.Bf16)) Check<byte>([0, 255, 7]);
        else Check<ushort>([0x3F80, 0xFF80, 1]);
        Check([int.MinValue, -1, 0, int.MaxValue]);
        Check<byte>([1, 2, 254]);
        Check([float.NegativeZero, float.Epsilon, float.NaN]);

        void Check<T>(T[] values) where T : unmanaged
        {
            var tensor = device.NewKept<T>(new Shape(values.Length), values);
            using var readback = device.NewReadback(tensor);
            readback.Ask();
            Assert.That(readback.Take<T>().ToArray(), Is.EqualTo(values));
            readback.Ask();
            Assert.That(() => readback.Take<long>(), Throws.ArgumentException);
            device.Free(tensor);
        }
    }

    [Test]
    public void A_tensor_that_ends_with_its_step_or_was_freed_is_refused()
    {
        device.Step(() => Assert.That(() => device.NewReadback(device.New(new Shape(3))), Throws.ArgumentException.With.Message.Contains("kept")));
        var tensor = Numbers(3);
        using var readback = device.NewReadback(tensor);
        device.Free(tensor);
        Assert.That(() => device.NewReadback(tensor), Throws.ArgumentException);
        Assert.That(readback.Ask, Throws.InvalidOperationException.With.Message.Contains("freed"));
        Assert.That(readback.IsAsked, Is.False);
    }

    [Test]
    public void A_step_that_is_recorded_can_neither_ask_nor_take()
    {
        if (device is CpuDevice) Assert.Ignore("The cpu records nothing.");
        var tensor = Numbers(3);
        using var readback = device.NewReadback(tensor);
        foreach (var body in new Action[] { readback.Ask, () => readback.Take<float>() })
        {
            using var step = new CapturedStep(device, body);
            for (var run = 0; run < 3; run++)
            {
                readback.Ask();
                if (run < 2) step.Run();
                else Assert.That(step.Run, Throws.InvalidOperationException.With.Message.Contains("recorded"));
            }
        }
        device.Free(tensor);
    }

    [Test]
    public void It_goes_with_its_device()
    {
        Readback readback;
        using (var other = Devices.Open(deviceName, 1))
        {
            readback = other.NewReadback(other.NewKept(new Shape(4)));
            readback.Ask();
            Assert.That(other.Readbacks, Has.Count.EqualTo(1));
        }
        Assert.That(readback.Ask, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(readback.IsThere, Is.False);
        readback.Dispose();
    }

    [Test]
    public void A_device_that_is_held_up_holds_nobody_up()
    {
        if (device is not GpuDevice { Accelerator: CLAccelerator opencl, Stream: CLStream stream } || !OperatingSystem.IsLinux())
        {
            Assert.Ignore("What holds a device up until the host lets it go is an OpenCL event.");
            return;
        }
        var tensor = Numbers(10);
        var losses = new EpochLosses(device, steps: 9);
        var steps = 0;
        var following = Task.CompletedTask;
        using var readback = device.NewReadback(tensor);
        device.Synchronize();
        var waits = device.Waits;
        var gate = CreateUserEvent(opencl.NativePtr, out var error);
        Assert.That(error, Is.Zero);
        try
        {
            Assert.That(EnqueueBarrier(stream.CommandQueue, 1, in gate, out var barrier), Is.Zero);
            Assert.That(ReleaseEvent(barrier), Is.Zero);
            readback.Ask();
            device.Fill(tensor, -1);
            Assert.That(readback.IsThere, Is.False);
            Assert.That(readback.IsAsked, Is.True);
            Assert.That(device.Waits, Is.EqualTo(waits));
            // A run that goes on meanwhile: a step is taken, the sums are asked for, and the third one waits for the first.
            following = Task.Run(() =>
            {
                while (steps < 9)
                {
                    steps++;
                    losses.Follow(steps);
                }
            });
            Assert.That(() => steps, Is.EqualTo(3).After(10).Seconds.PollEvery(1).MilliSeconds);
            Assert.That(following.Wait(300), Is.False);
            Assert.That((steps, losses.Steps), Is.EqualTo((3, 0)), "not further ahead than two steps");
        }
        finally { SetUserEventStatus(gate, 0); }
        following.Wait();
        Assert.That((steps, losses.Steps), Is.EqualTo((9, 7)));
        Assert.That(readback.Take<float>().ToArray(), Is.EqualTo(Values(10)));
        losses.Fetch(9);
        Assert.That((losses.Steps, losses.Listed), Is.EqualTo((9, 9)));
        Assert.That(ReleaseEvent(gate), Is.Zero);
        device.Free(tensor);
    }

    private static float[] Values(int count) => [.. Enumerable.Range(0, count).Select(i => 0.25f * i - 7)];

    private Tensor Numbers(int count) => device.NewKept<float>(new Shape(count), Values(count));

    [LibraryImport("libOpenCL.so.1", EntryPoint = "clCreateUserEvent")]
    private static partial nint CreateUserEvent(nint context, out int error);

    [LibraryImport("libOpenCL.so.1", EntryPoint = "clSetUserEventStatus")]
    private static partial int SetUserEventStatus(nint gate, int status);

    [LibraryImport("libOpenCL.so.1", EntryPoint = "clEnqueueBarrierWithWaitList")]
    private static partial int EnqueueBarrier(nint queue, uint count, in nint gates, out nint barrier);

    [LibraryImport("libOpenCL.so.1", EntryPoint = "clReleaseEvent")]
    private static partial int ReleaseEvent(nint gate);
}

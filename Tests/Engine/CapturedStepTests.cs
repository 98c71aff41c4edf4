using ILGPU.Runtime.OpenCL;

namespace LpcEngine.Tests.Engine;

/// <summary>A captured step does, on every device and in every run, what its code would do.</summary>
public sealed class CapturedStepTests
{
    private static IEnumerable<string> Recording => TestDevices.Names.Where(name => name != "cpu");

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void A_replay_does_what_the_code_does_with_the_numbers_of_the_day(string name)
    {
        var device = TestDevices.Get(name);
        var (total, addend) = (Kept(device, 0, 0), Kept(device, 0, 0));
        using var step = new CapturedStep(device, () =>
        {
            // A fill, two kernels and a copy: whatever a device can be asked for.
            var sum = device.New(new Shape(2));
            device.Fill(sum, 0.5f);
            device.Accumulate(sum, addend);
            device.Accumulate(sum, total);
            device.Copy(sum, total);
        });
        var expected = 0f;
        for (var i = 1; i <= 8; i++)
        {
            addend.CopyFrom<float>([i, i]);
            expected += 0.5f + i;
            step.Run();
            Assert.That(total.ToFloats(), Is.EqualTo(new[] { expected, expected }), $"run {i}");
        }
        Assert.That(step.Kind, Is.EqualTo(name == "cpu" ? Replay.Code : name.StartsWith("cuda", StringComparison.Ordinal) ? Replay.Graph : Replay.Launches));
        Assert.That(step.Kernels, Is.EqualTo(name == "cpu" ? 0 : 3));
    }

    [TestCaseSource(nameof(Recording))]
    public void Its_code_runs_three_times_and_its_host_effects_each_time(string name)
    {
        var device = TestDevices.Get(name);
        var x = Kept(device, 1);
        var (runs, effects) = (0, 0);
        Action count = () => effects++;
        using var step = new CapturedStep(device, () =>
        {
            runs++;
            device.OnHost(count);
            device.Accumulate(x, x);
        });
        for (var i = 0; i < 7; i++) step.Run();
        Assert.That((runs, effects), Is.EqualTo((3, 7)));
        Assert.That(x.ToFloats(), Is.EqualTo(new[] { 128f }), "recording itself changes nothing");
    }

    [TestCaseSource(nameof(Recording))]
    public void Replays_count_as_launches_and_recording_does_not(string name)
    {
        var device = TestDevices.Get(name);
        var x = Kept(device, 1);
        using var step = new CapturedStep(device, () => device.Accumulate(x, x));
        var before = device.Launches;
        for (var i = 1; i <= 6; i++)
        {
            step.Run();
            Assert.That(device.Launches - before, Is.EqualTo(i));
        }
    }

    [TestCaseSource(nameof(Recording))]
    public void Other_steps_between_replays_disturb_nothing(string name)
    {
        var device = TestDevices.Get(name);
        var (x, y) = (Kept(device, 3), Kept(device, 0));
        using var step = new CapturedStep(device, () =>
        {
            var twice = device.New(new Shape(1));
            device.Copy(x, twice);
            device.Accumulate(twice, x);
            device.Copy(twice, y);
        });
        for (var i = 0; i < 5; i++)
        {
            step.Run();
            device.Step(() => device.Fill(device.New(new Shape(70_000)), float.NaN)); // over the same arena
            Assert.That(y.ToFloats(), Is.EqualTo(new[] { 6f }));
        }
    }

    [TestCaseSource(nameof(Recording))]
    public void Freeing_a_tensor_makes_it_record_anew(string name)
    {
        var device = TestDevices.Get(name);
        var (x, other) = (Kept(device, 1), Kept(device, 1));
        var runs = 0;
        using var step = new CapturedStep(device, () =>
        {
            runs++;
            device.Accumulate(x, x);
        });
        for (var i = 0; i < 4; i++) step.Run();
        Assert.That(runs, Is.EqualTo(3));
        device.Free(other);
        for (var i = 0; i < 4; i++) step.Run();
        Assert.That(runs, Is.EqualTo(6));
        Assert.That(x.ToFloats(), Is.EqualTo(new[] { 256f }));
    }

    [TestCaseSource(nameof(Recording))]
    public void What_a_replay_could_not_do_is_refused_while_recording(string name)
    {
        var device = TestDevices.Get(name);
        var x = Kept(device, 1);
        Refuses(() => x.CopyFrom<float>([2]), "copies a tensor from the host");
        Refuses(() => x.ToFloats(), "reads a tensor back");
        Refuses(device.Synchronize, "waits");
        var runs = 0;
        Refuses(() => device.New(new Shape(++runs < 3 ? 1 : 200 << 20)), "more memory");

        void Refuses(Action body, string message)
        {
            using var step = new CapturedStep(device, body);
            for (var i = 0; i < 2; i++) step.Run();
            Assert.That(step.Run, Throws.InvalidOperationException.With.Message.Contains(message));
            if (message != "more memory") Assert.That(step.Run, Throws.Nothing, "its code can run on");
            device.Step(() => device.Fill(x, 5)); // the device works on, and launches again
            Assert.That(x.ToFloats(), Is.EqualTo(new[] { 5f }));
        }
    }

    [TestCaseSource(nameof(Recording))]
    public void A_recording_that_failed_leaves_no_effect_behind(string name)
    {
        var device = TestDevices.Get(name);
        var x = Kept(device, 1);
        var (fails, effects) = (true, 0);
        Action count = () => effects++;
        using var step = new CapturedStep(device, () =>
        {
            device.OnHost(count);
            device.Accumulate(x, x);
            if (fails) x.ToFloats();
        });
        for (var i = 0; i < 2; i++) step.Run();
        Assert.That(step.Run, Throws.InvalidOperationException);
        (fails, effects) = (false, 0);
        for (var i = 1; i <= 6; i++)
        {
            step.Run();
            Assert.That(effects, Is.EqualTo(i));
        }
        Assert.That(step.Kernels, Is.EqualTo(1));
    }

    [TestCaseSource(nameof(Recording))]
    public void Where_the_driver_refuses_a_graph_the_launches_are_made_one_by_one_and_a_line_says_so(string name)
    {
        var device = (GpuDevice)TestDevices.Get(name);
        var (x, y, asked, screen, graphs) = (Kept(device, 1), Kept(device, 1), 0, Console.Error, device.NewGraph);
        using var said = new StringWriter();
        using var first = new CapturedStep(device, () => device.Accumulate(x, x));
        using var second = new CapturedStep(device, () => device.Accumulate(y, y));
        device.NewGraph = recording =>
        {
            asked++;
            throw new CLException(CLError.CL_OUT_OF_RESOURCES);
        };
        Console.SetError(said);
        try
        {
            for (var i = 0; i < 5; i++) first.Run();
            for (var i = 0; i < 5; i++) second.Run();
        }
        finally
        {
            Console.SetError(screen);
            device.NewGraph = graphs;
        }
        Assert.That((x.ToFloats()[0], y.ToFloats()[0]), Is.EqualTo((32f, 32f)));
        Assert.That((first.Kind, second.Kind), Is.EqualTo((Replay.Launches, Replay.Launches)));
        Assert.That(asked, Is.EqualTo(1), "a driver is not asked again");
        Assert.That(said.ToString(), Does.StartWith($"Device '{device.Name}' makes no graph of a step (").And.Contain("CL_OUT_OF_RESOURCES").And.EndWith($"its kernels are launched one by one.{Environment.NewLine}"));
    }

    [TestCaseSource(nameof(Recording))]
    public void Step_tensors_that_are_alive_are_not_overwritten(string name)
    {
        var device = TestDevices.Get(name);
        var x = Kept(device, 1);
        using var step = new CapturedStep(device, () => device.Accumulate(x, x));
        for (var i = 0; i < 4; i++) step.Run();
        device.New(new Shape(3));
        Assert.That(step.Run, Throws.InvalidOperationException.With.Message.Contains("kept tensors"));
        device.EndStep();
        Assert.That(step.Run, Throws.Nothing);
    }

    [TestCaseSource(nameof(Recording))]
    public void Within_a_step_it_is_refused(string name)
    {
        var device = TestDevices.Get(name);
        var x = Kept(device, 1);
        using var step = new CapturedStep(device, () => device.Accumulate(x, x));
        for (var i = 0; i < 4; i++)
            Assert.That(() => device.Step(step.Run), Throws.InvalidOperationException.With.Message.Contains("inside a step"));
        for (var i = 0; i < 4; i++) step.Run();
        Assert.That(() => device.Step(step.Run), Throws.InvalidOperationException.With.Message.Contains("inside a step"));
    }

    private static Tensor Kept(Device device, params float[] values) => device.NewKept<float>(new Shape(values.Length), values);
}

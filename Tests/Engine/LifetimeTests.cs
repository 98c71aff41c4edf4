namespace LpcEngine.Tests.Engine;

/// <summary>What has been given back can't be used: an exception says so, on every path by which memory goes.</summary>
public sealed class LifetimeTests
{
    private CpuDevice device = null!;

    [SetUp]
    public void Open() => device = new CpuDevice(1);

    [TearDown]
    public void Close() => device.Dispose();

    [Test]
    public void Nothing_of_a_device_that_has_ended_can_be_used()
    {
        var (a, b) = (Leaf(3), Leaf(4));
        var group = Group(a);
        var slot = a.GradientSlot!;
        var optimizer = new AdamW([group]);
        var x = device.New(new Shape(5));
        var view = a.View(new Shape(3, 1));
        device.Dispose();
        device.Dispose();
        foreach (var tensor in new[] { a, b, group.Values, group.Gradients, slot, x, view })
        {
            Assert.That(tensor.IsAlive, Is.False);
            Assert.That(() => tensor.ToFloats(), Throws.InvalidOperationException);
        }
        Assert.That(() => a.ToFloats(), Throws.InvalidOperationException.With.Message.Contains("its device has ended"));
        Assert.That(optimizer.Update, Throws.InvalidOperationException);
        Assert.That(() => device.New(new Shape(3)), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => device.NewKept(new Shape(3)), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Freeing_a_groups_values_ends_its_parameters()
    {
        var (a, b) = (Leaf(3), Leaf(4));
        var group = Group(a);
        var other = Group(b);
        device.Step(() => device.Tape.Backward(a.Swish()));
        var view = a.View(new Shape(3, 1));
        device.Free(group.Values);
        Assert.That(a.IsAlive || view.IsAlive, Is.False);
        Assert.That(() => a.Swish(), Throws.InvalidOperationException.With.Message.Contains("freed"));
        device.EndStep();
        // The pass sets the places of parameters it doesn't reach to zero; a's place has nobody any more.
        device.Free(group.Gradients);
        device.Step(() => device.Tape.Backward(b.Swish()));
        Assert.That(other.Gradients.ToFloats()[..4], Has.All.Not.Zero);
    }

    [Test]
    public void Without_its_place_a_parameters_gradient_is_one_of_the_step()
    {
        var a = Leaf(3);
        var group = Group(a);
        device.Step(() => device.Tape.Backward(a.Swish()));
        device.Free(group.Gradients);
        device.Step(() => Assert.That(device.Tape.Backward(a.Swish())[a].ToFloats(), Has.All.Not.Zero));
    }

    [Test]
    public void Only_what_owns_its_memory_can_be_freed()
    {
        var a = Leaf(3);
        var group = Group(a);
        Assert.That(() => device.Free(a), Throws.ArgumentException.With.Message.Contains("group's Values"));
        Assert.That(() => device.Free(device.New(new Shape(3))), Throws.ArgumentException.With.Message.Contains("step"));
        device.Free(group.Values);
        Assert.That(() => device.Free(group.Values), Throws.ArgumentException.With.Message.Contains("freed before"));
    }

    [Test]
    public void Freed_bytes_are_no_longer_counted()
    {
        var before = device.Statistics.KeptBytes;
        var a = Leaf(1000);
        var group = Group(a);
        device.Free(group.Values);
        device.Free(group.Gradients);
        Assert.That(device.Statistics.KeptBytes, Is.EqualTo(before));
    }

    [Test]
    public void A_step_inside_a_step_is_refused_and_the_outer_one_ends_as_usual()
    {
        Tensor? x = null;
        Assert.That(() => device.Step(() =>
        {
            x = device.New(new Shape(3));
            device.Fill(x, 2);
            Assert.That(() => device.Step(() => { }), Throws.InvalidOperationException.With.Message.Contains("Step inside a step"));
            Assert.That(x.ToFloats(), Has.All.EqualTo(2f));
        }), Throws.Nothing);
        Assert.That(x!.IsAlive, Is.False);
        Assert.That(() => device.Step(() => throw new FormatException()), Throws.TypeOf<FormatException>());
        device.Step(() => { });
    }

    [Test]
    public void A_pause_ends_once_whoever_else_pauses()
    {
        default(Tape.PauseScope).Dispose();
        var first = device.Tape.Pause();
        var second = device.Tape.Pause();
        first.Dispose();
        first.Dispose();
        Assert.That(device.Tape.IsRecording, Is.False, "the second one goes on");
        second.Dispose();
        Assert.That(device.Tape.IsRecording);
        second.Dispose();
        using (device.Tape.Pause()) Assert.That(device.Tape.IsRecording, Is.False);
    }

    [Test]
    public void A_group_refuses_parameters_that_it_cannot_hold_and_moves_none()
    {
        using var other = new CpuDevice(1);
        var (free, taken) = (Leaf(3), Leaf(3));
        _ = Group(taken);
        var kept = device.Statistics;
        Assert.That(() => Group(free, taken), Throws.ArgumentException.With.Message.Contains("another group"));
        Assert.That(() => Group(free, free), Throws.ArgumentException.With.Message.Contains("twice"));
        Assert.That(() => Group(free, other.NewKept(new Shape(3))), Throws.ArgumentException.With.Message.Contains("device"));
        Assert.That(() => Group(free, device.NewKept(new Shape(3), DType.Int32)), Throws.ArgumentException.With.Message.Contains("Int32"));
        Assert.That(() => Group(free, device.New(new Shape(3))), Throws.ArgumentException.With.Message.Contains("kept"));
        Assert.That(() => Group(), Throws.ArgumentException.With.Message.Contains("empty"));
        Assert.That(free.GradientSlot, Is.Null);
        Assert.That(device.Statistics.KeptTensors, Is.EqualTo(kept.KeptTensors + 1), "only the Int32 tensor of this test came along");
    }

    [Test]
    public void An_update_is_advanced_once_and_applied_once()
    {
        var a = Leaf(3);
        var optimizer = new AdamW([Group(a)]);
        Assert.That(optimizer.Apply, Throws.InvalidOperationException.With.Message.Contains("Advance"));
        optimizer.Advance();
        Assert.That(optimizer.Advance, Throws.InvalidOperationException.With.Message.Contains("Apply"));
        Assert.That(optimizer.Steps, Is.EqualTo(1));
        optimizer.Apply();
        for (var i = 0; i < 300; i++) Assert.That(optimizer.Apply, Throws.InvalidOperationException);
        optimizer.Advance();
        optimizer.Resume(7);
        optimizer.Update();
        Assert.That(optimizer.Steps, Is.EqualTo(8));
    }

    private ParameterGroup Group(params Tensor[] tensors) => new("group", tensors.Select(tensor => new NamedTensor("p", tensor, null, IsParameter: true)));

    private Tensor Leaf(int count)
    {
        var leaf = device.NewKept(new Shape(count));
        device.Fill(leaf, 1);
        leaf.TracksGradient = true;
        return leaf;
    }
}

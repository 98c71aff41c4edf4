namespace LpcEngine.Tests.Engine;

/// <summary>The life of tensors within and beyond a step.</summary>
public sealed class StepArenaTests
{
    private CpuDevice device = null!;

    [SetUp]
    public void Open() => device = new CpuDevice(1);

    [TearDown]
    public void Close() => device.Dispose();

    [Test]
    public void Reading_after_the_step_throws_and_says_what_to_do()
    {
        Tensor? kept = null, gone = null;
        device.Step(() =>
        {
            gone = device.New(new Shape(3));
            device.Fill(gone, 2);
            kept = device.Keep(gone);
        });
        Assert.That(() => gone!.ToFloats(), Throws.InvalidOperationException.With.Message.Contains("Device.Keep"));
        Assert.That(() => gone!.Swish(), Throws.InvalidOperationException);
        Assert.That(() => gone!.View(new Shape(3, 1)), Throws.InvalidOperationException);
        Assert.That(kept!.ToFloats(), Is.EqualTo(new[] { 2f, 2f, 2f }));
        Assert.That(kept.IsKept && !gone!.IsAlive);
    }

    [Test]
    public void A_step_that_throws_still_ends()
    {
        Assert.That(() => device.Step(() =>
        {
            device.New(new Shape(1000));
            throw new FormatException();
        }), Throws.TypeOf<FormatException>());
        Assert.That(device.Statistics.StepTensors, Is.Zero);
        Assert.That(device.Tape.Count, Is.Zero);
    }

    [Test]
    public void New_tensors_are_poisoned_when_asked()
    {
        device.PoisonNewTensors = true;
        device.Step(() => Assert.That(device.New(new Shape(5, 3)).ToFloats(), Has.All.NaN));
        device.PoisonNewTensors = false;
    }

    [Test]
    public void Equal_steps_see_equal_addresses_and_allocate_nothing_new()
    {
        long[] Run()
        {
            var addresses = new List<long>();
            device.Step(() =>
            {
                for (var i = 1; i < 40; i++) addresses.Add(device.New(new Shape(i * 1000)).ByteOffset);
            });
            return addresses.ToArray();
        }
        var first = Run();
        Run();
        var before = device.Statistics;
        Assert.That(Run(), Is.EqualTo(first));
        Assert.That(device.Statistics, Is.EqualTo(before));
    }

    [Test]
    public void Bytes_given_back_early_are_used_again_within_the_step() => device.Step(() =>
    {
        var a = device.New(new Shape(1000));
        var b = device.New(new Shape(1000));
        var address = a.ByteOffset;
        a.Release();
        Assert.That(a.IsAlive, Is.False);
        Assert.That(device.New(new Shape(900)).ByteOffset, Is.EqualTo(address));
        Assert.That(b.IsAlive);
    });

    [Test]
    public void A_viewed_tensor_keeps_its_bytes_until_the_step_ends() => device.Step(() =>
    {
        var a = device.New(new Shape(4, 6));
        device.Fill(a, 7);
        var view = a.View(new Shape(24));
        a.Release();
        var other = device.New(new Shape(24));
        device.Fill(other, 1);
        Assert.That(view.ToFloats(), Has.All.EqualTo(7f));
        Assert.That(() => view.View(new Shape(5)), Throws.TypeOf<ShapeException>());
    });

    [Test]
    public void Backward_can_release_large_results_and_leaves_small_ones()
    {
        var x = device.NewKept(new Shape(40_000));
        x.TracksGradient = true;
        device.Step(() =>
        {
            var a = x.Swish();
            var b = a.Swish();
            var gamma = device.New(Shape.Scalar);
            device.Fill(gamma, 1);
            var loss = b.LatentPenalty(gamma);
            device.Tape.Backward(loss, releaseActivations: true);
            Assert.That(a.IsAlive, Is.False);
            Assert.That(b.IsAlive, Is.False);
            Assert.That(loss.IsAlive);
        });
    }
}

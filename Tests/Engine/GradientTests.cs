namespace LpcEngine.Tests.Engine;

/// <summary>How contributions to a gradient meet, wherever they are written.</summary>
/// <remarks>Uses operations of its own, so that it doesn't depend on how a real one orders its calls.</remarks>
public sealed class GradientTests
{
    private CpuDevice device = null!;

    [SetUp]
    public void Open() => device = new CpuDevice(1) { PoisonNewTensors = true };

    [TearDown]
    public void Close() => device.Dispose();

    [Test]
    public void A_tensor_used_twice_gets_the_sum([Values] bool inGroup)
    {
        var x = Parameter(inGroup, 3);
        device.Step(() =>
        {
            var y = Sum.Of(Weighted.Of(x, 2, x, 5), x);
            Assert.That(Gradient(y, x), Is.EqualTo(new[] { 8f, 8f, 8f }));
        });
    }

    [Test]
    public void Both_inputs_may_be_the_same_tensor_in_either_order([Values] bool inGroup, [Values] bool secondFirst)
    {
        var x = Parameter(inGroup, 3);
        device.Step(() => Assert.That(Gradient(Weighted.Of(x, 2, x, 5, secondFirst), x), Is.EqualTo(new[] { 7f, 7f, 7f })));
    }

    [Test]
    public void A_tensor_added_to_itself_gets_twice_the_gradient([Values] bool inGroup)
    {
        var x = Parameter(inGroup, 3);
        device.Step(() => Assert.That(Gradient(Sum.Of(x, x), x), Is.EqualTo(new[] { 2f, 2f, 2f })));
    }

    [Test]
    public void A_shared_gradient_never_changes_under_another_holder([Values] bool aInGroup, [Values] bool bInGroup)
    {
        var (a, b) = (Parameter(aInGroup, 3), Parameter(bInGroup, 3));
        device.Step(() =>
        {
            // Backward reaches Sum(a, b) first and shares its dY with both; then a receives more.
            var doubled = Weighted.Of(a, 1, a, 1);
            var y = Sum.Of(doubled, Sum.Of(a, b));
            var dY = device.New(new Shape(3));
            dY.CopyFrom<float>([1, 10, 100]);
            var gradients = device.Tape.Backward(y, dY);
            Assert.That(gradients[a].ToFloats(), Is.EqualTo(new[] { 3f, 30f, 300f }));
            Assert.That(gradients[b].ToFloats(), Is.EqualTo(new[] { 1f, 10f, 100f }));
            Assert.That(dY.ToFloats(), Is.EqualTo(new[] { 1f, 10f, 100f }));
        });
    }

    [Test]
    public void A_group_lies_flat_and_receives_its_gradients_in_place()
    {
        var (a, b) = (Leaf(3), Leaf(70));
        a.CopyFrom<float>([1, 2, 3]);
        device.Fill(b, 4);
        var group = new ParameterGroup("all", [Named(a), Named(b)]);
        Assert.That(a.ToFloats(), Is.EqualTo(new[] { 1f, 2f, 3f }));
        Assert.That(group.Values.ToFloats()[..4], Is.EqualTo(new[] { 1f, 2f, 3f, 0f }));
        Assert.That(group.Values.ToFloats()[64..134], Has.All.EqualTo(4f));
        group.Values.CopyFrom<float>(Enumerable.Range(0, group.Values.Shape.Count).Select(i => (float)i).ToArray());
        Assert.That(b.ToFloats()[0], Is.EqualTo(64f));
        Assert.That(a.TracksGradient && a.IsKept);

        device.Step(() => device.Tape.Backward(Weighted.Of(a, 2, a, 1)));
        var flat = group.Gradients.ToFloats();
        Assert.That(flat[..3], Is.EqualTo(new[] { 3f, 3f, 3f }));
        Assert.That(flat[3..], Has.All.Zero, "gaps, and the parameter that was not reached");
    }

    [Test]
    public void A_parameter_that_the_loss_no_longer_reaches_has_gradient_zero()
    {
        var (a, b) = (Leaf(3), Leaf(5));
        var group = new ParameterGroup("all", [Named(a), Named(b)]);
        device.Step(() => device.Tape.Backward(Weighted.Of(a, 2, a, 1)));
        device.Step(() =>
        {
            var gradients = device.Tape.Backward(Weighted.Of(b, 2, b, 3));
            Assert.That(gradients.TryGet(a, out _), Is.False);
        });
        Assert.That(group.Gradients.ToFloats()[..64], Has.All.Zero);
        Assert.That(group.Gradients.ToFloats()[64..69], Has.All.EqualTo(5f));
        device.Step(() => device.Tape.Backward(Weighted.Of(a, 4, a, 4)));
        Assert.That(group.Gradients.ToFloats()[..3], Has.All.EqualTo(8f));
        Assert.That(group.Gradients.ToFloats()[64..], Has.All.Zero);
    }

    [Test]
    public void A_stale_gradient_moves_no_parameter()
    {
        var (a, b) = (Leaf(3), Leaf(3));
        device.Fill(a, 1);
        device.Fill(b, 1);
        var optimizer = new AdamW([new ParameterGroup("all", [Named(a), Named(b)])], weightDecay: 0, beta1: 0, beta2: 0);
        device.Step(() => device.Tape.Backward(Weighted.Of(a, 2, a, 1)));
        optimizer.Update();
        var after = a.ToFloats();
        Assert.That(after, Has.All.LessThan(1f));
        device.Step(() => device.Tape.Backward(Weighted.Of(b, 2, b, 1)));
        optimizer.Update();
        Assert.That(a.ToFloats(), Is.EqualTo(after));
        Assert.That(b.ToFloats(), Has.All.LessThan(1f));
    }

    [Test]
    public void Asking_for_a_gradient_that_is_not_there_says_why()
    {
        var (a, b) = (Leaf(3), Leaf(3));
        device.Step(() =>
        {
            var gradients = device.Tape.Backward(Sum.Of(a, a));
            Assert.That(() => gradients[b], Throws.TypeOf<KeyNotFoundException>().With.Message.Contains("does not depend on it"));
            Assert.That(() => device.Tape.Backward(device.New(new Shape(3))), Throws.InvalidOperationException);
        });
    }

    [Test]
    public void Nothing_is_recorded_in_a_pause()
    {
        var a = Leaf(3);
        device.Step(() =>
        {
            using (device.Tape.Pause()) Assert.That(Sum.Of(a, a).TracksGradient, Is.False);
            Assert.That(device.Tape.Count, Is.Zero);
            Assert.That(Sum.Of(a, a).TracksGradient);
        });
    }

    private float[] Gradient(Tensor y, Tensor of)
    {
        var gradient = device.Tape.Backward(y)[of];
        if (of.GradientSlot is not null) Assert.That(gradient, Is.SameAs(of.GradientSlot), "the sum lies in the parameter's place");
        return gradient.ToFloats();
    }

    private Tensor Parameter(bool inGroup, int count)
    {
        var parameter = Leaf(count);
        if (inGroup) _ = new ParameterGroup("group", [Named(parameter)]);
        return parameter;
    }

    private Tensor Leaf(int count)
    {
        var leaf = device.NewKept(new Shape(count));
        leaf.TracksGradient = true;
        return leaf;
    }

    private static NamedTensor Named(Tensor tensor) => new("p", tensor, null, IsParameter: true);

    /// <summary>y = a + b, passing dY on as it is.</summary>
    private sealed class Sum : TapeNode
    {
        private Tensor a = null!, b = null!;

        public static Tensor Of(Tensor a, Tensor b)
        {
            var y = a.Device.New(a.Shape);
            a.Device.Copy(a, y);
            a.Device.Accumulate(y, b);
            if (a.Device.Tape.Record<Sum>(y, a, b) is { } node) (node.a, node.b) = (a, b);
            return y;
        }

        public override void Backward(Tensor dY, Gradients gradients)
        {
            if (gradients.Wants(a)) gradients.AddShared(a, dY);
            if (gradients.Wants(b)) gradients.AddShared(b, dY);
        }
    }

    /// <summary>y = p·a + q·b, asking for both places before it adds either.</summary>
    private sealed class Weighted : TapeNode
    {
        private Tensor a = null!, b = null!;
        private float p, q;
        private bool secondFirst;

        public static Tensor Of(Tensor a, float p, Tensor b, float q, bool secondFirst = false)
        {
            var y = a.Device.New(a.Shape);
            a.Device.Fill(y, 0);
            if (a.Device.Tape.Record<Weighted>(y, a, b) is { } node) (node.a, node.p, node.b, node.q, node.secondFirst) = (a, p, b, q, secondFirst);
            return y;
        }

        public override void Backward(Tensor dY, Gradients gradients)
        {
            var (dA, dB) = (gradients.Allocate(a), gradients.Allocate(b));
            Write(dA, dY, p);
            Write(dB, dY, q);
            if (secondFirst) gradients.Add(b, dB);
            gradients.Add(a, dA);
            if (!secondFirst) gradients.Add(b, dB);
        }

        private static void Write(Tensor to, Tensor dY, float factor) => to.CopyFrom<float>(dY.ToFloats().Select(value => value * factor).ToArray());
    }
}

namespace LpcEngine.Tests.Engine;

/// <summary>Gradients flow through views, without a copy and without touching what others hold.</summary>
public sealed class ViewTests
{
    private CpuDevice device = null!;

    [SetUp]
    public void Open() => device = new CpuDevice(1) { PoisonNewTensors = true };

    [TearDown]
    public void Close() => device.Dispose();

    [Test]
    public void A_weight_gets_the_gradient_of_both_branches()
    {
        var random = new Random(3);
        Tensor x = Draw(new(2, 4, 4, 3), random), weight = Draw(new(3, 3, 3, 5), random), last = Draw(new(5, 6), random), one = Draw(Shape.Scalar, random);
        weight.TracksGradient = true;
        float[] Run(bool pooled, bool viewed)
        {
            float[] gradient = [];
            device.Step(() =>
            {
                var f = x.Conv2d(weight, padding: 1);
                var a = pooled ? f.GlobalAveragePool().Linear(last).LatentPenalty(one) : null;
                var b = viewed ? f.View(new(2, 80)).NormaliseRows().Swish().LatentPenalty(one) : null;
                gradient = device.Tape.Backward(a is null ? b! : b is null ? a : a.Add(b), releaseActivations: true)[weight].ToFloats();
            });
            return gradient;
        }
        var (first, second) = (Run(true, false), Run(false, true));
        Assert.That(second, Has.Some.Not.Zero);
        Assert.That(Run(true, true), Is.EqualTo(first.Zip(second, (p, q) => p + q)).Within(1e-4f));
    }

    [Test]
    public void Images_get_a_gradient_through_the_mlp()
    {
        var mlp = new LpcEngine.Models.Mlp(new LpcEngine.Models.Initialiser(device, 1), 48, [8]);
        Tensor images = Draw(new(2, 4, 4, 3), new Random(4)), one = Draw(Shape.Scalar, new Random(5)), flat = device.NewKept<float>(new(2, 48), images.ToFloats());
        (images.TracksGradient, flat.TracksGradient) = (true, true);
        float[] ofImages = [], ofRows = [];
        device.Step(() =>
        {
            var gradient = device.Tape.Backward(mlp.Forward(images).LatentPenalty(one))[images];
            Assert.That(gradient.Shape, Is.EqualTo(images.Shape));
            ofImages = gradient.ToFloats();
        });
        device.Step(() => ofRows = device.Tape.Backward(mlp.Forward(flat).LatentPenalty(one))[flat].ToFloats());
        Assert.That(ofImages, Has.Some.Not.Zero);
        Assert.That(ofImages, Is.EqualTo(ofRows));
    }

    [Test]
    public void Nothing_is_copied_and_nothing_shared_is_changed([Values] bool viewFirst)
    {
        var a = Leaf(6);
        device.Step(() =>
        {
            var dY = device.New(new(2, 3));
            dY.CopyFrom<float>([1, 2, 3, 4, 5, 6]);
            // a is used twice: the sum of its gradients must not land in dY, which the caller still holds.
            var y = viewFirst ? a.View(new(2, 3)).Add(a.Swish().View(new(2, 3))) : a.Swish().View(new(2, 3)).Add(a.View(new(2, 3)));
            device.Tape.Backward(y, dY);
            Assert.That(dY.ToFloats(), Is.EqualTo(new[] { 1f, 2f, 3f, 4f, 5f, 6f }));
        });
        device.Step(() =>
        {
            var dY = device.New(new(2, 3));
            device.Fill(dY, 1);
            var gradient = device.Tape.Backward(a.View(new(2, 3)), dY)[a];
            Assert.That((gradient.Shape, gradient.ByteOffset), Is.EqualTo((a.Shape, dY.ByteOffset)), "the same memory under the input's shape");
        });
    }

    [Test]
    public void A_viewed_parameter_of_a_group_finds_its_gradient_in_its_place()
    {
        var a = Leaf(6);
        var group = new ParameterGroup("all", [new NamedTensor("a", a, null, IsParameter: true)]);
        device.Step(() => device.Tape.Backward(a.View(new(3, 2))));
        Assert.That(group.Gradients.ToFloats()[..6], Has.All.EqualTo(1f));
    }

    [Test]
    public void A_view_is_recorded_only_where_a_gradient_is_wanted() => device.Step(() =>
    {
        var x = device.New(new(6));
        Assert.That(x.View(new(2, 3)).TracksGradient, Is.False);
        x.TracksGradient = true;
        using (device.Tape.Pause()) Assert.That(x.View(new(2, 3)).TracksGradient, Is.False);
        Assert.That(device.Tape.Count, Is.Zero);
        Assert.That(x.View(new(2, 3)).TracksGradient);
    });

    [Test]
    public void A_releasing_pass_gives_a_viewed_result_back_once_both_are_done()
    {
        var x = Leaf(40_000);
        var one = Draw(Shape.Scalar, new Random(1));
        device.Step(() =>
        {
            var a = x.Swish();
            var view = a.View(new(200, 200));
            device.Tape.Backward(view.Swish().LatentPenalty(one), releaseActivations: true);
            Assert.That(view.IsAlive || a.IsAlive, Is.False);
        });
    }

    [Test]
    public void Views_allocate_nothing_in_steady_state()
    {
        Tensor x = Leaf(40_000), one = Draw(Shape.Scalar, new Random(1));
        void Body() => device.Tape.Backward(x.Swish().View(new(200, 200)).Swish().View(new(40_000)).LatentPenalty(one), releaseActivations: true);
        Action body = Body;
        for (var i = 0; i < 5; i++) device.Step(body);
        var (statistics, before) = (device.Statistics, GC.GetAllocatedBytesForCurrentThread());
        for (var i = 0; i < 5; i++) device.Step(body);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(device.Statistics, Is.EqualTo(statistics));
    }

    private Tensor Leaf(int count)
    {
        var leaf = Draw(new(count), new Random(2));
        leaf.TracksGradient = true;
        return leaf;
    }

    private Tensor Draw(Shape shape, Random random) => device.NewKept<float>(shape, Enumerable.Range(0, shape.Count).Select(_ => (float)random.NextDouble() + 0.1f).ToArray());
}

namespace LpcEngine.Tests.Operations;

/// <summary>F(4×4, 3×3) on GPUs, forced on shapes of all kinds whatever the model would choose, against the double-precision reference; and what the model chooses.</summary>
public sealed class WinogradOnGpus
{
    private static IEnumerable<string> Names => TestDevices.Names.Where(name => name is not "cpu" and not "emulator");

    private static readonly ConvGeometry[] Geometries =
    [
        new(2, 8, 12, 16, 32, 3, 3, 1, 1),     // whole patches, fewer than a tile has rows
        new(3, 5, 7, 48, 16, 3, 3, 1, 0),      // patches that overshoot on both sides
        new(1, 1, 2, 16, 16, 3, 3, 1, 1),      // images smaller than a patch
        new(2, 4, 3, 16, 16, 3, 3, 1, 2),      // outputs larger than inputs
        new(9, 16, 15, 80, 144, 3, 3, 1, 1),   // 144 patches: a tile and a rest, in both directions of all products
        new(5, 46, 45, 48, 64, 3, 3, 1, 1),    // 720 patches: the weight gradient's sums in several splits
    ];

    private static IEnumerable<TestCaseData> Cases =>
        from name in Names
        from g in Geometries
        select new TestCaseData(name, g).SetArgDisplayNames(name, $"{g.XShape} ∗ {g.WeightShape} padding {g.Padding}");

    [TestCaseSource(nameof(Cases))]
    public void All_three_passes_agree_with_the_reference(string name, ConvGeometry g) => Check(name, g);

    [Test]
    public void The_emulator_agrees() => Check("emulator", new(1, 2, 3, 16, 16, 3, 3, 1, 1));

    private static void Check(string name, ConvGeometry g)
    {
        var device = (GpuDevice)TestDevices.Get(name);
        var winograd = WinogradGpu.On(device);
        var random = new Random(7);
        double[] x = Draw(random, g.XShape), w = Draw(random, g.WeightShape), dY = Draw(random, g.YShape);
        device.PoisonNewTensors = true; // an element that isn't written shows
        try
        {
            device.Step(() =>
            {
                Tensor onX = Upload(device, g.XShape, x), onW = Upload(device, g.WeightShape, w), onDY = Upload(device, g.YShape, dY);
                Tensor y = device.New(g.YShape), dX = device.New(g.XShape), dW = device.New(g.WeightShape);
                winograd.Forward(g, onX, onW, y, measured: false);
                winograd.BackwardInput(g, onDY, onW, dX, add: false);
                WinogradWeightsGpu.On(device).Run(g, onX, onDY, dW);
                // ‖a − b‖/‖b‖: the bound of the processor's forms. Largest seen 2.4e-6.
                Compare("forward", y, Conv2dReference.Forward(g, x, w), 5e-6);
                Compare("input gradient", dX, Conv2dReference.BackwardInput(g, w, dY), 5e-6);
                var sum = Upload(device, g.XShape, x);
                winograd.BackwardInput(g, onDY, onW, sum, add: true);
                Assert.That(sum.ToFloats(), Is.EqualTo(dX.ToFloats().Zip(x, (a, b) => (float)b + a)), "added to what was there");
                Compare("weight gradient", dW, Conv2dReference.BackwardWeight(g, x, dY), 5e-6);
            });
        }
        finally
        {
            device.PoisonNewTensors = false;
        }
    }

    /// <summary>As few images at a time as there can be, eight: results and statistics have the same bits as of all at once.</summary>
    [Test]
    public void Images_in_turns_give_the_same_bits([ValueSource(nameof(Names))] string name)
    {
        var g = new ConvGeometry(19, 8, 4, 16, 48, 3, 3, 1, 1);
        var device = (GpuDevice)TestDevices.Get(name);
        var winograd = WinogradGpu.On(device);
        var random = new Random(7);
        double[] x = Draw(random, g.XShape), w = Draw(random, g.WeightShape), dY = Draw(random, g.YShape);
        var together = Run();
        var before = winograd.NumbersAtOnce;
        winograd.NumbersAtOnce = 1;
        try
        {
            var launches = device.Launches;
            Assert.That(Run(), Is.EqualTo(together));
            Assert.That(device.Launches - launches, Is.GreaterThanOrEqualTo(2 * 3 * 3), "three turns of three launches, forward and backward");
        }
        finally
        {
            winograd.NumbersAtOnce = before;
        }

        float[][] Run()
        {
            float[][] results = [];
            device.Step(() =>
            {
                Tensor onX = Upload(device, g.XShape, x), onW = Upload(device, g.WeightShape, w), onDY = Upload(device, g.YShape, dY), y = device.New(g.YShape), dX = device.New(g.XShape);
                var statistics = winograd.Forward(g, onX, onW, y, measured: true)!;
                winograd.BackwardInput(g, onDY, onW, dX, add: false);
                results = [y.ToFloats(), statistics.Partials.ToFloats(), dX.ToFloats()];
            });
            return results;
        }
    }

    private static void Compare(string what, Tensor actual, double[] expected, double tolerance)
    {
        var error = RelativeError.Of(actual.ToFloats(), expected);
        Console.WriteLine($"{what}: {error:g3}");
        Assert.That(error, Is.LessThan(tolerance), what);
    }

    // ResNet's shapes, and what is too narrow for the passes over memory to pay: output, input gradient and weight gradient.
    [TestCase(32, 64, 64, ExpectedResult = "True True True")]
    [TestCase(16, 128, 128, ExpectedResult = "True True True")]
    [TestCase(8, 256, 256, ExpectedResult = "True True True")]
    [TestCase(4, 512, 512, ExpectedResult = "True True True")]
    [TestCase(32, 16, 16, ExpectedResult = "False False False")]
    [TestCase(32, 32, 32, ExpectedResult = "False False False")]
    [TestCase(2, 512, 512, ExpectedResult = "False False False")]
    [TestCase(32, 3, 64, ExpectedResult = "False False False")]
    [TestCase(32, 64, 16, ExpectedResult = "False False False")]
    public string The_model_chooses(int side, int c, int k)
    {
        var g = new ConvGeometry(128, side, side, c, k, 3, 3, 1, 1);
        return $"{WinogradGpu.Takes(g)} {WinogradGpu.TakesInput(g)} {WinogradGpu.TakesWeights(g)}";
    }

    /// <summary>So that the outputs of Conv2d's declared cases are computed so on every GPU.</summary>
    [Test]
    public void Declared_cases_are_taken() => Assert.That(
        new ConvGeometry[] { new(2, 8, 8, 64, 64, 3, 3, 1, 1), new(3, 10, 7, 64, 80, 3, 3, 1, 1), new(1, 10, 13, 80, 64, 3, 3, 1, 0), new(1, 6, 7, 64, 64, 3, 3, 1, 2) },
        Has.All.Matches<ConvGeometry>(g => WinogradGpu.Takes(g)));

    /// <summary>However many images there are, as for one: only the weight gradient, for whose sums all must be in memory, becomes direct.</summary>
    [Test]
    public void The_choice_does_not_depend_on_the_batch()
    {
        ConvGeometry one = new(1, 32, 32, 64, 64, 3, 3, 1, 1), many = one with { N = 30_000 };
        Assert.That(WinogradGpu.Takes(one) && WinogradGpu.Takes(many) && WinogradGpu.TakesInput(one) && WinogradGpu.TakesInput(many));
        Assert.That(WinogradGpu.TakesWeights(one), Is.True);
        Assert.That(WinogradGpu.TakesWeights(many), Is.False);
    }

    private static double[] Draw(Random random, Shape shape)
    {
        var normal = OpInput.Normal(1);
        return Enumerable.Range(0, shape.Count).Select(i => (double)(float)normal(random, i)).ToArray();
    }

    private static Tensor Upload(Device device, Shape shape, double[] values)
    {
        var tensor = device.New(shape);
        tensor.CopyFrom<float>(Array.ConvertAll(values, value => (float)value));
        return tensor;
    }
}

using LpcEngine.Kernels.Simd;

namespace LpcEngine.Tests.Operations;

/// <summary>What <see cref="Conv2dOp.Conv2d"/> states about the error of 3×3 convolutions, on inputs chosen against it.</summary>
public sealed class WinogradAccuracy
{
    private const int Channels = 64;

    // Each form with images that its patches cover, and what a patch of outputs reads: forward, then the input gradient.
    private static readonly (ConvGeometry G, Patch Forward, Patch Backward)[] Forms =
    [
        (new(2, 12, 12, Channels, Channels, 3, 3, 1, 1), new(4, 4, 6, 1), new(4, 4, 6, 1)),
        (new(9, 2, 2, Channels, Channels, 3, 3, 1, 1), new(2, 2, 4, 1), new(2, 2, 4, 1)),
        (new(2, 24, 24, Channels, Channels, 3, 3, 2, 1), new(4, 8, 9, 1), new(8, 4, 5, 0)),
    ];

    private static IEnumerable<TestCaseData> Inputs
    {
        get
        {
            foreach (var name in TestDevices.Names.Where(name => name is not "emulator"))
                foreach (var (g, forward, backward) in name == "cpu" ? Forms : Forms[..1]) // GPUs have the first form alone
                {
                    yield return Named("ordinary", (random, _, _) => Normal(random));
                    yield return Named("mean of 10⁴ deviations", (random, _, _) => 1e4 + Normal(random));
                    yield return Named("one huge pixel", (random, i, side) => i / Channels == side * side / 2 ? 1e8 : Normal(random));
                    yield return Named("tiny variance", (random, _, _) => 1 + 1e-6 * Normal(random));
                    yield return Named("alternating signs", (random, i, side) => (i / Channels + i / Channels / side) % 2 == 0 ? 1000 : -1000);
                    yield return Named("magnitudes from 10⁻⁶ to 10⁶", (random, _, _) => Math.Pow(10, 12 * random.NextDouble() - 6) * (random.Next(2) * 2 - 1));

                    TestCaseData Named(string what, Func<Random, int, int, double> draw) =>
                        new TestCaseData(name, g, forward, backward, draw).SetArgDisplayNames(name, $"{g.XShape} stride {g.Stride}", what);
                }
        }
    }

    /// <summary>The error of each output against max|x| of its patch times Σ|w|, channel by channel; and of each input gradient likewise.</summary>
    [TestCaseSource(nameof(Inputs))]
    public void The_error_is_within_the_stated_bound(string name, ConvGeometry g, Patch forwardPatch, Patch backwardPatch, Func<Random, int, int, double> draw)
    {
        if (name != "cpu") Assert.That(WinogradGpu.Takes(g) && WinogradGpu.TakesInput(g));
        else if (SimdWidth.Lanes == 16) Assert.That(Winograd.Choose(g), Is.Not.EqualTo(WinogradKind.None));
        var random = new Random(11);
        var x = Draw(g.XShape.Count, i => draw(random, i, g.H));
        var dY = Draw(g.YShape.Count, i => draw(random, i, g.P));
        var w = Draw(g.WeightShape.Count, _ => Normal(random));
        var device = TestDevices.Get(name);
        device.Step(() =>
        {
            var (inputs, weight, upstream) = (Upload(device, g.XShape, x), Upload(device, g.WeightShape, w), Upload(device, g.YShape, dY));
            inputs.TracksGradient = true;
            var y = inputs.Conv2d(weight, g.Stride, 1);
            var gradient = device.Tape.Backward(y, upstream)[inputs].ToFloats();
            var forward = Largest(y.ToFloats(), Conv2dReference.Forward(g, x, w), g.P, x, g.H, forwardPatch, (c, k, tap) => w[(tap * Channels + c) * Channels + k]);
            var backward = Largest(gradient, Conv2dReference.BackwardInput(g, w, dY), g.H, dY, g.P, backwardPatch, (k, c, tap) => w[(tap * Channels + c) * Channels + k]);
            Console.WriteLine($"forward {forward:g3}, input gradient {backward:g3}");
            Assert.That(forward, Is.LessThan(Conv2dOp.WinogradError(Channels)));
            Assert.That(backward, Is.LessThan(Conv2dOp.WinogradError(Channels)));
        });
    }

    /// <summary>Sums over many channels, of terms that all have one sign, or change it from row to row as the filter does.</summary>
    [Test]
    public void With_many_channels_the_error_is_within_the_stated_bound([ValueSource(nameof(Names))] string name, [Values] bool alternating)
    {
        var g = new ConvGeometry(2, 8, 8, 512, Channels, 3, 3, 1, 1);
        if (name != "cpu") Assert.That(WinogradGpu.Takes(g));
        var random = new Random(3);
        var x = Draw(g.XShape.Count, i => !alternating ? 1e4 + Normal(random) : (i / g.C / g.W % 2 == 0 ? 1 : -1) * (1 + 0.1 * random.NextDouble()));
        var w = Draw(g.WeightShape.Count, i => (alternating && i / (g.C * g.K) / 3 % 2 == 1 ? -1 : 1) * (1 + random.NextDouble()));
        var device = TestDevices.Get(name);
        device.Step(() =>
        {
            var y = Upload(device, g.XShape, x).Conv2d(Upload(device, g.WeightShape, w), 1, 1).ToFloats();
            var error = Largest(y, Conv2dReference.Forward(g, x, w), g.P, x, g.H, new(4, 4, 6, 1), (c, k, tap) => w[(tap * g.C + c) * g.K + k], g.C);
            Console.WriteLine($"{error:g3}");
            Assert.That(error, Is.LessThan(Conv2dOp.WinogradError(g.C)));
        });
    }

    private static IEnumerable<string> Names => TestDevices.Names.Where(name => name is not "emulator");

    private static IEnumerable<TestCaseData> NoNumbers =>
        from name in TestDevices.Names
        where name is not "emulator"
        from form in name == "cpu" ? new[] { 0, 2 } : [0]
        from value in new[] { float.NaN, float.PositiveInfinity }
        select new TestCaseData(name, value, form);

    [TestCaseSource(nameof(NoNumbers))]
    public void What_is_no_number_stays_within_the_patches_that_read_it(string name, float value, int form)
    {
        var (g, patch, _) = Forms[form];
        var random = new Random(5);
        var x = Draw(g.XShape.Count, _ => Normal(random));
        var w = Draw(g.WeightShape.Count, _ => Normal(random));
        int at = g.Stride == 1 ? 5 : 11; // in one patch alone, that of the outputs 4 to 7; with stride 2 an input of the pair of taps
        x[(at * g.W + at) * Channels + 3] = value;
        var device = TestDevices.Get(name);
        device.Step(() =>
        {
            var y = Upload(device, g.XShape, x).Conv2d(Upload(device, g.WeightShape, w), g.Stride, 1).ToFloats();
            for (var i = 0; i < y.Length; i++)
            {
                int pixel = i / Channels, row = pixel / g.Q, column = pixel % g.Q;
                var reads = row / patch.Side == 1 && column / patch.Side == 1;
                Assert.That(float.IsFinite(y[i]), Is.EqualTo(!reads), $"row {row}, column {column}");
            }
        });
    }

    private static double Largest(float[] actual, double[] expected, int side, double[] source, int sourceSide, Patch patch, Func<int, int, int, double> weight, int channels = Channels)
    {
        var largest = 0.0;
        for (var i = 0; i < actual.Length; i++)
        {
            int to = i % Channels, pixel = i / Channels, image = pixel / (side * side), row = pixel / side % side, column = pixel % side;
            int top = row / patch.Side * patch.Step - patch.Padding, left = column / patch.Side * patch.Step - patch.Padding;
            var scale = 0.0;
            for (var from = 0; from < channels; from++)
            {
                double value = 0, weights = 0;
                for (var h = Math.Max(0, top); h < Math.Min(sourceSide, top + patch.Reads); h++)
                    for (var v = Math.Max(0, left); v < Math.Min(sourceSide, left + patch.Reads); v++)
                        value = Math.Max(value, Math.Abs(source[((image * sourceSide + h) * sourceSide + v) * channels + from]));
                for (var tap = 0; tap < 9; tap++) weights += Math.Abs(weight(from, to, tap));
                scale += value * weights;
            }
            if (!float.IsFinite(actual[i])) return double.PositiveInfinity; // NaN would be less than any bound
            largest = Math.Max(largest, Math.Abs(actual[i] - expected[i]) / scale);
        }
        return largest;
    }

    /// <summary>Outputs along a patch's side, inputs from one patch to the next, inputs that it reads along its side, and how far the first sticks out.</summary>
    public readonly record struct Patch(int Side, int Step, int Reads, int Padding);

    private static double Normal(Random random) => OpInput.Normal(1)(random, 0);

    private static double[] Draw(int count, Func<int, double> draw) => Enumerable.Range(0, count).Select(i => (double)(float)draw(i)).ToArray();

    private static Tensor Upload(Device device, Shape shape, double[] values)
    {
        var tensor = device.New(shape);
        tensor.CopyFrom<float>(Array.ConvertAll(values, value => (float)value));
        return tensor;
    }
}

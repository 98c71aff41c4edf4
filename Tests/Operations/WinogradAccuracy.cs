namespace LpcEngine.Tests.Operations;

/// <summary>What <see cref="Conv2dOp.Conv2d"/> states about the error of 3×3 convolutions on the CPU, on inputs chosen against it.</summary>
public sealed class WinogradAccuracy
{
    private const int Side = 12, Channels = 64;

    private static readonly ConvGeometry Geometry = new(2, Side, Side, Channels, Channels, 3, 3, 1, 1);

    private static IEnumerable<TestCaseData> Inputs
    {
        get
        {
            yield return Named("ordinary", (random, _) => Normal(random));
            yield return Named("mean of 10⁴ deviations", (random, _) => 1e4 + Normal(random));
            yield return Named("one huge pixel", (random, i) => i / Channels == 5 * Side + 6 ? 1e8 : Normal(random));
            yield return Named("tiny variance", (random, _) => 1 + 1e-6 * Normal(random));
            yield return Named("alternating signs", (random, i) => (i / Channels + i / Channels / Side) % 2 == 0 ? 1000 : -1000);
            yield return Named("magnitudes from 10⁻⁶ to 10⁶", (random, _) => Math.Pow(10, 12 * random.NextDouble() - 6) * (random.Next(2) * 2 - 1));
        }
    }

    /// <summary>The error of each output against max|x| of its 6×6 patch times Σ|w|, channel by channel; and of each input gradient likewise.</summary>
    [TestCaseSource(nameof(Inputs))]
    public void The_error_is_within_the_stated_bound(Func<Random, int, double> draw)
    {
        var random = new Random(11);
        var x = Draw(Geometry.XShape.Count, i => draw(random, i));
        var dY = Draw(Geometry.YShape.Count, i => draw(random, i));
        var w = Draw(Geometry.WeightShape.Count, _ => Normal(random));
        var cpu = TestDevices.Get("cpu");
        cpu.Step(() =>
        {
            var (inputs, weight, upstream) = (Upload(cpu, Geometry.XShape, x), Upload(cpu, Geometry.WeightShape, w), Upload(cpu, Geometry.YShape, dY));
            inputs.TracksGradient = true;
            var y = inputs.Conv2d(weight, 1, 1);
            var gradient = cpu.Tape.Backward(y, upstream)[inputs].ToFloats();
            var forward = Largest(y.ToFloats(), Conv2dReference.Forward(Geometry, x, w), x, (c, k, tap) => w[(tap * Channels + c) * Channels + k]);
            var backward = Largest(gradient, Conv2dReference.BackwardInput(Geometry, w, dY), dY, (k, c, tap) => w[(tap * Channels + c) * Channels + k]);
            Console.WriteLine($"forward {forward:g3}, input gradient {backward:g3}");
            Assert.That(forward, Is.LessThan(Conv2dOp.WinogradError));
            Assert.That(backward, Is.LessThan(Conv2dOp.WinogradError));
        });
    }

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    public void What_is_no_number_stays_within_the_patches_that_read_it(float value)
    {
        var random = new Random(5);
        var x = Draw(Geometry.XShape.Count, _ => Normal(random));
        var w = Draw(Geometry.WeightShape.Count, _ => Normal(random));
        x[(5 * Side + 5) * Channels + 3] = value; // the patch of rows and columns 4 to 7 reads it, and no other
        var cpu = TestDevices.Get("cpu");
        cpu.Step(() =>
        {
            var y = Upload(cpu, Geometry.XShape, x).Conv2d(Upload(cpu, Geometry.WeightShape, w), 1, 1).ToFloats();
            for (var i = 0; i < y.Length; i++)
            {
                int pixel = i / Channels, row = pixel / Side, column = pixel % Side;
                var reads = row is >= 4 and < 8 && column is >= 4 and < 8;
                Assert.That(float.IsFinite(y[i]), Is.EqualTo(!reads), $"row {row}, column {column}");
            }
        });
    }

    // Patches begin at multiples of 4, and their inputs one pixel before.
    private static double Largest(float[] actual, double[] expected, double[] source, Func<int, int, int, double> weight)
    {
        var largest = 0.0;
        for (var i = 0; i < actual.Length; i++)
        {
            int to = i % Channels, pixel = i / Channels, image = pixel / (Side * Side), row = pixel / Side % Side, column = pixel % Side;
            var scale = 0.0;
            for (var from = 0; from < Channels; from++)
            {
                double value = 0, weights = 0;
                for (var h = Math.Max(0, row / 4 * 4 - 1); h < Math.Min(Side, row / 4 * 4 + 5); h++)
                    for (var v = Math.Max(0, column / 4 * 4 - 1); v < Math.Min(Side, column / 4 * 4 + 5); v++)
                        value = Math.Max(value, Math.Abs(source[((image * Side + h) * Side + v) * Channels + from]));
                for (var tap = 0; tap < 9; tap++) weights += Math.Abs(weight(from, to, tap));
                scale += value * weights;
            }
            largest = Math.Max(largest, Math.Abs(actual[i] - expected[i]) / scale);
        }
        return largest;
    }

    private static TestCaseData Named(string name, Func<Random, int, double> draw) => new TestCaseData(draw).SetArgDisplayNames(name);

    private static double Normal(Random random) => OpInput.Normal(1)(random, 0);

    private static double[] Draw(int count, Func<int, double> draw) => Enumerable.Range(0, count).Select(i => (double)(float)draw(i)).ToArray();

    private static Tensor Upload(Device device, Shape shape, double[] values)
    {
        var tensor = device.New(shape);
        tensor.CopyFrom<float>(Array.ConvertAll(values, value => (float)value));
        return tensor;
    }
}

namespace LpcEngine.Tests.Operations;

/// <summary>Convolutions that take the statistics of their channels along: what batch normalisation makes of them must be what it makes without, and as good.</summary>
public sealed class MeasuredConvolutions
{
    private static IEnumerable<(string Device, Precision Precision)> Devices =>
        from name in TestDevices.Names
        where name is not "emulator"
        from precision in name == "cpu" ? [Precision.Fp32] : new[] { Precision.Fp32, Precision.Tf32, Precision.Bf16 }
        select (name, precision);

    private static bool IsMinimal(Precision precision, ConvGeometry g) => precision == Precision.Fp32 && WinogradGpu.Takes(g);

    [Test]
    public void Both_kinds_of_minimal_filtering_are_among_the_geometries() => Assert.That(
        Geometries.Where(g => IsMinimal(Precision.Fp32, g)).Select(g => g.P % 4 == 0 && g.Q % 4 == 0).Distinct().Count(), Is.EqualTo(2), "patches that are whole, and patches that overshoot");

    private static readonly ConvGeometry[] Geometries =
    [
        new(1, 3, 43, 16, 136, 3, 3, 1, 1),   // one row and eight columns beyond a tile of 128×128
        new(3, 9, 8, 8, 72, 3, 3, 2, 1),      // less than a tile of rows, stride
        new(5, 11, 7, 8, 16, 1, 1, 1, 0),     // a last tile with a single row (385), the narrowest tile
        new(2, 16, 17, 24, 32, 1, 1, 1, 0),   // 544 rows: whole threads without a row
        new(4, 32, 33, 3, 40, 3, 3, 1, 1),    // channels that tensor cores don't take
        new(1, 1, 2, 8, 8, 1, 1, 1, 0),       // two values a channel
        new(1, 124, 125, 72, 72, 1, 1, 1, 0), // so many tiles that a GPU takes its largest ones
        new(1, 160, 193, 8, 40, 3, 3, 1, 1),  // or those of 64 columns
        new(3, 12, 12, 64, 80, 3, 3, 1, 1),   // minimal filtering: a last group with three of eight patches, and half of one's channels
        new(3, 10, 7, 64, 80, 3, 3, 1, 1),    // the same with patches that overshoot, of which it takes no statistics
        new(3, 17, 9, 48, 72, 1, 1, 1, 0),    // matrices as they are: three tiles and 75 rows, one tile and eight columns
        new(1, 124, 125, 80, 80, 1, 1, 1, 0), // the same in the largest tiles
        new(1, 160, 193, 64, 60, 1, 1, 1, 0), // or those of 64 columns
    ];

    private static IEnumerable<TestCaseData> Cases =>
        from device in Devices
        from g in Geometries
        where device.Precision == Precision.Fp32 || g.N * g.H * g.W < 10_000 // the twins of tensor cores are slow
        select new TestCaseData(device.Device, device.Precision, g).SetArgDisplayNames(device.Device, device.Precision.ToString(), $"{g.XShape} ∗ {g.WeightShape} stride {g.Stride} padding {g.Padding}");

    /// <summary>
    /// Mean and variance, as the running statistics get them, against those of the stored values in double precision; result and gradients against those without statistics; the same bits in two runs; and a launch less.
    /// </summary>
    [TestCaseSource(nameof(Cases))]
    public void Statistics_come_with_the_convolution(string name, Precision precision, ConvGeometry g)
    {
        var device = TestDevices.Get(name);
        InPrecision(device, precision, () =>
        {
            Outcome plain = Run(device, g, measured: false), measured = Run(device, g, measured: true), again = Run(device, g, measured: true);
            Assert.That(measured.Convolved, Is.EqualTo(plain.Convolved), "the convolution itself");
            CheckStatistics(measured, g.K, 2e-6);
            var tolerance = precision == Precision.Bf16 ? 1e-2f : 1e-4f;
            AreClose(measured.Normalised, plain.Normalised, tolerance, "y");
            for (var i = 0; i < plain.Gradients.Length; i++) AreClose(measured.Gradients[i], plain.Gradients[i], tolerance * plain.Gradients[i].Max(MathF.Abs), $"gradient {i}");

            Assert.That(again.Normalised, Is.EqualTo(measured.Normalised), "y in another run");
            Assert.That(again.Mean.Concat(again.Variance), Is.EqualTo(measured.Mean.Concat(measured.Variance)), "statistics in another run");
            Assert.That(again.Gradients, Is.EqualTo(measured.Gradients), "gradients in another run");

            var isCut = IsMinimal(precision, g) && (g.P % 4 > 0 || g.Q % 4 > 0);
            var known = name != "cpu" && (precision != Precision.Bf16 || g.C % 8 == 0) && !isCut;
            Assert.That(again.Launches, Is.EqualTo(Run(device, g, measured: false).Launches - (known ? 1 : 0)), "launches");
        });
    }

    /// <summary>A mean of 10⁴ deviations, which a difference of two large sums of squares would not survive.</summary>
    [Test]
    public void A_large_mean_leaves_the_variance_its_digits([ValueSource(nameof(Devices))] (string Device, Precision Precision) on)
    {
        var device = TestDevices.Get(on.Device);
        // Bf16 itself leaves a mean of so many deviations no digits: 30 of them.
        var mean = on.Precision == Precision.Bf16 ? 30f : 1e4f;
        var g = new ConvGeometry(3, 16, 15, 8, 72, 1, 1, 1, 0);
        InPrecision(device, on.Precision, () => CheckStatistics(Run(device, g, measured: true, mean), g.K, 1e-5));
    }

    [Test]
    public void The_emulator_agrees() => CheckStatistics(Run(TestDevices.Get("emulator"), new(1, 5, 4, 4, 8, 1, 1, 1, 0), measured: true), 8, 1e-5);

    [Test]
    public void Statistics_of_another_tensor_are_refused()
    {
        foreach (var name in TestDevices.Names.Where(name => name is not "cpu" and not "emulator"))
        {
            var device = TestDevices.Get(name);
            device.Step(() =>
            {
                Tensor x = device.New(new(1, 4, 4, 8)), weight = device.New(new(1, 1, 8, 8)), p = device.New(new(8));
                foreach (var tensor in new[] { x, weight, p }) device.Fill(tensor, 1);
                var measured = x.Conv2dMeasured(weight);
                Assert.That(measured.Statistics, Is.Not.Null);
                Assert.That(() => x.BatchNorm(p, p, p, p, true, statistics: measured.Statistics), Throws.ArgumentException.With.Message.Contains("statistics are of"));
            });
        }
    }

    private static void InPrecision(Device device, Precision precision, Action action)
    {
        var before = device.Precision;
        device.Precision = precision;
        try { action(); }
        finally { device.Precision = before; }
    }

    private static void AreClose(float[] actual, float[] expected, float tolerance, string what)
    {
        var worst = actual.Zip(expected, (a, e) => MathF.Abs(a - e) / (1 + MathF.Abs(e))).Max();
        Assert.That(worst, Is.LessThanOrEqualTo(tolerance), what);
    }

    private static void CheckStatistics(Outcome run, int channels, double tolerance)
    {
        var count = run.Convolved.Length / channels;
        for (var k = 0; k < channels; k++)
        {
            var values = Enumerable.Range(0, count).Select(i => (double)run.Convolved[i * channels + k]).ToArray();
            var mean = values.Average();
            var variance = values.Sum(value => (value - mean) * (value - mean)) / (count - 1);
            Assert.That(run.Mean[k], Is.EqualTo(mean).Within(2e-7 * Math.Abs(mean) + 2e-6 * Math.Sqrt(variance)), $"mean of channel {k}");
            Assert.That(run.Variance[k], Is.EqualTo(variance).Within(tolerance * variance), $"variance of channel {k}");
        }
    }

    private sealed record Outcome(float[] Convolved, float[] Normalised, float[] Mean, float[] Variance, float[][] Gradients, long Launches);

    // With a mean, the first channel of x is that constant, and all filters take it as it is.
    private static Outcome Run(Device device, ConvGeometry g, bool measured, float mean = 0)
    {
        var random = new Random(5);
        float[] images = Draw(g.XShape, -1, 1), filters = Draw(g.WeightShape, -1, 1);
        if (mean != 0)
        {
            for (var i = 0; i < images.Length; i += g.C) images[i] = mean;
            for (var k = 0; k < g.K; k++) filters[k] = 1;
        }
        var upstream = Draw(g.YShape, -1, 1);
        Outcome outcome = null!;
        device.PoisonNewTensors = true;
        try
        {
            device.Step(() =>
            {
                Tensor runningMean = device.New(new(g.K)), runningVariance = device.New(new(g.K));
                device.Fill(runningMean, 0);
                device.Fill(runningVariance, 0);
                Tensor[] inputs = [Upload(g.XShape, images), Upload(g.WeightShape, filters), Upload(new(g.K), Draw(new(g.K), 0.5f, 1.5f)), Upload(new(g.K), Draw(new(g.K), -1, 1))];
                foreach (var input in inputs) input.TracksGradient = true;
                var before = device.Launches;
                Measured convolved = measured ? inputs[0].Conv2dMeasured(inputs[1], g.Stride, g.Padding) : inputs[0].Conv2d(inputs[1], g.Stride, g.Padding);
                var stored = convolved.Values.ToFloats();
                var y = convolved.Values.BatchNormSwish(inputs[2], inputs[3], runningMean, runningVariance, true, momentum: 1, statistics: convolved.Statistics);
                var launches = device.Launches - before;
                var dY = device.New(y.Shape, y.Type);
                dY.CopyFrom<float>(upstream);
                var gradients = device.Tape.Backward(y, dY);
                outcome = new(stored, y.ToFloats(), runningMean.ToFloats(), runningVariance.ToFloats(), Array.ConvertAll(inputs, input => gradients[input].ToFloats()), launches);
            });
        }
        finally
        {
            device.PoisonNewTensors = false;
        }
        return outcome;

        float[] Draw(Shape shape, float low, float high) => Enumerable.Range(0, shape.Count).Select(_ => low + (high - low) * random.NextSingle()).ToArray();

        Tensor Upload(Shape shape, float[] values)
        {
            var tensor = device.New(shape);
            tensor.CopyFrom<float>(values);
            return tensor;
        }
    }
}

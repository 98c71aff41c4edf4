namespace LpcEngine.Tests.Operations;

/// <summary>On GPUs a convolution adds its input gradient to one that is there, in the kernel that computes it: of small integers, exact at every precision, and without a launch for the sum.</summary>
public sealed class AddedInputGradients
{
    private static readonly ConvGeometry[] Geometries =
    [
        new(2, 9, 8, 16, 24, 3, 3, 1, 1),      // gathered rows
        new(3, 9, 8, 24, 16, 3, 3, 2, 1),      // residues
        new(2, 7, 6, 16, 16, 1, 1, 2, 0),      // of four residues one is reached
        new(2, 7, 6, 16, 24, 3, 3, 4, 1),      // some with empty sums
        new(3, 9, 8, 72, 16, 1, 1, 1, 0),      // in fp32 matrices as they are, a tile and a rest
        new(1, 131, 4, 136, 16, 1, 1, 1, 0),   // wide tiles
        new(2, 6, 5, 18, 17, 3, 3, 1, 1),      // channels that 16 bytes don't hold
    ];

    private static IEnumerable<TestCaseData> Cases =>
        from name in TestDevices.Names
        where name is not "cpu" and not "emulator"
        from precision in new[] { Precision.Fp32, Precision.Tf32, Precision.Bf16 }
        from g in Geometries
        select new TestCaseData(name, precision, g).SetArgDisplayNames(name, precision.ToString(), $"{g.XShape} ∗ {g.WeightShape} stride {g.Stride}");

    [TestCaseSource(nameof(Cases))]
    public void The_sum_is_exact_and_takes_no_launch(string name, Precision precision, ConvGeometry g)
    {
        var device = TestDevices.Get(name);
        var (type, before) = (precision == Precision.Bf16 ? DType.BFloat16 : DType.Float32, device.Precision);
        var random = new Random(7);
        double[] w = Draw(g.WeightShape), dY = Draw(g.YShape), dS = Draw(g.XShape);
        device.Precision = precision;
        device.PoisonNewTensors = true;
        try
        {
            device.Step(() =>
            {
                Tensor x = Upload(g.XShape, Draw(g.XShape)), weight = Upload(g.WeightShape, w, DType.Float32), onDY = Upload(g.YShape, dY), onDS = Upload(g.XShape, dS);
                x.TracksGradient = true;
                var (alone, launchesAlone) = Gradient(x.Conv2d(weight, g.Stride, g.Padding), null);
                var reference = Conv2dReference.BackwardInput(g, w, dY);
                Assert.That(alone, Is.EqualTo(reference.Select(value => (float)value)), "without a shortcut");
                // The shortcut is recorded after the convolution, so its gradient (2·dS) arrives first.
                var convolved = x.Conv2d(weight, g.Stride, g.Padding);
                var (both, launches) = Gradient(convolved, x.Scale(2));
                Assert.That(both, Is.EqualTo(reference.Zip(dS, (a, b) => (float)(a + 2 * b))), "with a shortcut");
                var isConverted = precision == Precision.Bf16 && g.C % 8 > 0;
                var idle = (from h in Enumerable.Range(0, g.Stride) from v in Enumerable.Range(0, g.Stride) select GatherPlan.InputGradient(g, h, v, add: true)).Count(plan => plan is { Rows: > 0, Depth: 0 });
                Assert.That(launches - launchesAlone, Is.EqualTo(isConverted ? 3 : 2 - idle), "launches: the loss's gradient and that of the scaling, less empty sums");

                (float[], long) Gradient(Tensor y, Tensor? shortcut)
                {
                    var loss = shortcut is null ? y : Receive.Gradients(y, onDY, shortcut, onDS);
                    var from = device.Launches;
                    var gradients = device.Tape.Backward(loss, shortcut is null ? onDY : null);
                    return (gradients[x].ToFloats(), device.Launches - from);
                }
            });
        }
        finally
        {
            device.PoisonNewTensors = false;
            device.Precision = before;
        }

        double[] Draw(Shape shape) => Enumerable.Range(0, shape.Count).Select(_ => (double)random.Next(-1, 2)).ToArray();

        Tensor Upload(Shape shape, double[] values, DType? of = null)
        {
            var tensor = device.New(shape, of ?? type);
            tensor.CopyFrom<float>(Array.ConvertAll(values, value => (float)value));
            return tensor;
        }
    }
}

namespace LpcEngine.Tests.Operations;

/// <summary>An image gives the same bits whatever else is in its batch.</summary>
public sealed class BatchInvariance
{
    private static IEnumerable<TestCaseData> Cases =>
        from device in TestDevices.Names
        where device != "emulator"
        from g in new ConvGeometry[]
        {
            // Sizes at which a choice by the number of patches would fall either way for 1 and for 9 images.
            new(9, 4, 4, 64, 64, 3, 3, 1, 1), new(9, 4, 4, 16, 32, 3, 3, 1, 1), new(9, 3, 3, 8, 8, 3, 3, 1, 1), new(9, 2, 2, 32, 32, 3, 3, 1, 1),
            new(9, 8, 8, 32, 128, 3, 3, 1, 1), new(9, 8, 8, 3, 16, 3, 3, 1, 1), new(9, 8, 8, 16, 32, 3, 3, 2, 1), new(9, 8, 8, 64, 16, 1, 1, 1, 0),
            new(9, 8, 8, 64, 64, 3, 3, 2, 1), new(9, 9, 7, 64, 128, 3, 3, 2, 1), new(9, 2, 2, 64, 128, 3, 3, 1, 1),
        }
        select new TestCaseData(device, g).SetArgDisplayNames(device, $"{g.XShape} ∗ {g.WeightShape} stride {g.Stride}");

    [TestCaseSource(nameof(Cases))]
    public void A_convolution_of_one_image_equals_its_row_in_a_batch(string deviceName, ConvGeometry g)
    {
        var device = TestDevices.Get(deviceName);
        var random = new Random(3);
        float[] x = Draw(random, g.XShape.Count), w = Draw(random, g.WeightShape.Count), dY = Draw(random, g.YShape.Count);
        device.Step(() =>
        {
            var weight = Upload(device, g.WeightShape, w);
            var (together, gradient) = Run(device, g, Upload(device, g.XShape, x), weight, Upload(device, g.YShape, dY));
            for (var i = 0; i < g.N; i++)
            {
                var one = g with { N = 1 };
                int pixels = one.XShape.Count, outputs = one.YShape.Count;
                var image = Upload(device, one.XShape, x.AsSpan(i * pixels, pixels));
                var (alone, gradientAlone) = Run(device, one, image, weight, Upload(device, one.YShape, dY.AsSpan(i * outputs, outputs)));
                Assert.That(alone.AsSpan().SequenceEqual(together.AsSpan(i * outputs, outputs)), $"output of image {i}");
                Assert.That(gradientAlone.AsSpan().SequenceEqual(gradient.AsSpan(i * pixels, pixels)), $"input gradient of image {i}");
            }
        });
    }

    private static (float[] Y, float[] DX) Run(Device device, ConvGeometry g, Tensor x, Tensor weight, Tensor dY)
    {
        x.TracksGradient = true;
        var y = x.Conv2d(weight, g.Stride, g.Padding);
        return (y.ToFloats(), device.Tape.Backward(y, dY)[x].ToFloats());
    }

    private static float[] Draw(Random random, int count) => Enumerable.Range(0, count).Select(_ => (float)random.NextDouble() - 0.5f).ToArray();

    private static Tensor Upload(Device device, Shape shape, ReadOnlySpan<float> values)
    {
        var tensor = device.New(shape);
        tensor.CopyFrom(values);
        return tensor;
    }
}

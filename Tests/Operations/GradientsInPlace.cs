namespace LpcEngine.Tests.Operations;

/// <summary>Gradients that are written over dY, or added to where the sum lies, are the same as those written elsewhere.</summary>
/// <remarks>
/// A gradient that <see cref="Tape.Backward"/> got from its caller is never written over; one that comes from a later operation may be. So the
/// same derivative is taken in both ways, scaling by 2 being exact.
/// </remarks>
public sealed class GradientsInPlace
{
    private static readonly Shape Images = new(3, 5, 7, 19);

    private static IEnumerable<(string Device, DType Type)> Stored =>
        from device in TestDevices.Names
        from type in (DType[])[DType.Float32, DType.BFloat16]
        where device != "cpu" || type == DType.Float32
        select (device, type);

    [Test]
    public void Batch_normalisation_gives_the_same_bits_over_dY_and_beside_it(
        [ValueSource(nameof(Stored))] (string Device, DType Type) stored, [Values] bool training, [Values("none", "swish", "add")] string fusion)
    {
        var (device, type) = (TestDevices.Get(stored.Device), stored.Type);
        device.Step(() =>
        {
            var (x, shortcut, dY) = (Random(device, Images, 1, type), Random(device, Images, 2, type), Random(device, Images, 3, type));
            var beside = Gradients(Normalise(x, shortcut, training, fusion), Twice(dY), x, shortcut);
            var over = Gradients(Normalise(x, shortcut, training, fusion).Scale(2), dY, x, shortcut);
            Assert.That(over, Is.EqualTo(beside));
        });
    }

    [Test]
    public void A_gradient_shared_by_two_branches_is_not_written_over([ValueSource(typeof(TestDevices), nameof(TestDevices.Names))] string deviceName)
    {
        var device = TestDevices.Get(deviceName);
        device.Step(() =>
        {
            var (a, b, dY) = (Random(device, Images, 1), Random(device, Images, 2), Random(device, Images, 3));
            var alone = Gradients(Normalise(a, a, true, "none"), Twice(dY), a, null).Concat(Gradients(Normalise(b, b, true, "swish"), Twice(dY), b, null));
            // Backward reaches the sum first: both branches then hold the same dY, and the one that comes first must leave it to the other.
            var together = Normalise(a, a, true, "none").Add(Normalise(b, b, true, "swish")).Scale(2);
            Assert.That(Gradients(together, dY, a, b), Is.EqualTo(alone));
        });
    }

    [Test]
    public void The_callers_dY_stays_as_it_is([ValueSource(typeof(TestDevices), nameof(TestDevices.Names))] string deviceName, [Values("none", "swish", "add")] string fusion)
    {
        var device = TestDevices.Get(deviceName);
        device.Step(() =>
        {
            var (x, shortcut, dY) = (Random(device, Images, 1), Random(device, Images, 2), Random(device, Images, 3));
            var before = dY.ToFloats();
            Gradients(Normalise(x, shortcut, true, fusion), dY, x, shortcut);
            Assert.That(dY.ToFloats(), Is.EqualTo(before));
        });
    }

    // Columns beyond the last whole vector, sums longer than one chain, pixels that a stride leaves out, patches copied, images of one pixel.
    [TestCase(19, 70, 1, 1, 0)]
    [TestCase(64, 1100, 1, 1, 0)]
    [TestCase(21, 33, 1, 2, 0)]
    [TestCase(16, 32, 1, 3, 0)]
    [TestCase(3, 5, 5, 2, 1)]
    [TestCase(32, 48, 3, 1, 1)]
    [TestCase(32, 48, 3, 2, 1)]
    [TestCase(5, 600, 3, 1, 0)]
    public void A_convolutions_gradient_is_added_to_that_of_a_shortcut(int channels, int filters, int size, int stride, int padding)
    {
        foreach (var deviceName in TestDevices.Names)
        {
            var device = TestDevices.Get(deviceName);
            device.Step(() =>
            {
                // Chains are the processor's: a GPU's kernels add up the products of any number of filters in one loop, which would take the emulator half a minute.
                var (x, w) = (Random(device, new(2, 7, 6, channels), 1), Random(device, new(size, size, channels, deviceName == "emulator" ? Math.Min(filters, 76) : filters), 2));
                w.TracksGradient = false;
                var convolved = x.Conv2d(w, stride, padding);
                var (dY, dS) = (Random(device, convolved.Shape, 3), Random(device, x.Shape, 4));
                var alone = Gradients(convolved, dY, x, null);
                // The shortcut is recorded after the convolution, so its gradient (2·dS) arrives first.
                var output = x.Conv2d(w, stride, padding);
                var both = Receive.Gradients(output, dY, x.Scale(2), dS);
                var expected = alone.Zip(dS.ToFloats(), (a, b) => (double)a + 2 * b).ToArray();
                Assert.That(RelativeError.Of(Gradients(both, null, x, null), expected), Is.LessThan(1e-6), deviceName);
            });
        }
    }

    private static Tensor Normalise(Tensor x, Tensor shortcut, bool training, string fusion)
    {
        var channels = new Shape(x.Shape[-1]);
        Tensor weight = Random(x.Device, channels, 5), bias = Random(x.Device, channels, 6), mean = Random(x.Device, channels, 7), variance = x.Device.New(channels);
        x.Device.Fill(variance, 2f);
        return fusion switch
        {
            "none" => x.BatchNorm(weight, bias, mean, variance, training),
            "swish" => x.BatchNormSwish(weight, bias, mean, variance, training),
            _ => x.BatchNormAddSwish(shortcut, weight, bias, mean, variance, training),
        };
    }

    private static float[] Gradients(Tensor y, Tensor? dY, Tensor a, Tensor? b)
    {
        var gradients = y.Device.Tape.Backward(y, dY);
        var ofA = gradients[a].ToFloats();
        return b is not null && gradients.TryGet(b, out var ofB) ? [.. ofA, .. ofB!.ToFloats()] : ofA;
    }

    private static Tensor Twice(Tensor x)
    {
        using var pause = x.Device.Tape.Pause();
        return x.Scale(2);
    }

    private static Tensor Random(Device device, Shape shape, int seed, DType type = DType.Float32)
    {
        var random = new Random(seed);
        var tensor = device.New(shape, type);
        tensor.CopyFrom<float>(Enumerable.Range(0, shape.Count).Select(_ => random.NextSingle() * 2 - 1).ToArray());
        tensor.TracksGradient = true;
        return tensor;
    }
}

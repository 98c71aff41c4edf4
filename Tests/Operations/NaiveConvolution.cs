namespace LpcEngine.Tests.Operations;

/// <summary>The one-thread-per-result kernels, which no operation calls, against the double-precision reference.</summary>
public sealed class NaiveConvolution
{
    private static IEnumerable<string> DeviceNames => TestDevices.Names.Where(name => name != "cpu");

    [TestCaseSource(nameof(DeviceNames))]
    public void The_first_kernels_agree_with_the_reference(string deviceName)
    {
        var device = TestDevices.Get(deviceName);
        var kernels = Conv2dNaiveGpu.On(device);
        ConvGeometry[] sizes = deviceName == "emulator" ? [new(1, 4, 3, 3, 2, 3, 3, 2, 1)] : [new(2, 9, 7, 5, 6, 3, 3, 1, 1), new(3, 8, 9, 3, 8, 3, 3, 2, 1), new(1, 9, 11, 2, 3, 7, 7, 2, 3)];
        device.PoisonNewTensors = true;
        try
        {
            foreach (var g in sizes) device.Step(() => Check(device, kernels, g));
        }
        finally
        {
            device.PoisonNewTensors = false;
        }
    }

    private static void Check(Device device, Conv2dNaiveGpu kernels, ConvGeometry g)
    {
        var (x, weight, dY) = (Random(g.XShape, 1), Random(g.WeightShape, 2), Random(g.YShape, 3));
        var (onX, onWeight, onDY) = (Upload(device, g.XShape, x), Upload(device, g.WeightShape, weight), Upload(device, g.YShape, dY));
        var (y, dX, dW) = (device.New(g.YShape), device.New(g.XShape), device.New(g.WeightShape));
        kernels.Forward1Naive(g, onX, onWeight, y);
        kernels.BackwardInput1Naive(g, onDY, onWeight, dX);
        kernels.BackwardWeight1Naive(g, onX, onDY, dW);
        Assert.Multiple(() =>
        {
            Assert.That(RelativeError.Of(y.ToFloats(), Conv2dReference.Forward(g, x, weight)), Is.LessThan(1e-5), "y");
            Assert.That(RelativeError.Of(dX.ToFloats(), Conv2dReference.BackwardInput(g, weight, dY)), Is.LessThan(1e-5), "dX");
            Assert.That(RelativeError.Of(dW.ToFloats(), Conv2dReference.BackwardWeight(g, x, dY)), Is.LessThan(1e-5), "dW");
        });
    }

    private static double[] Random(Shape shape, int seed)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, shape.Count).Select(_ => (double)(float)(random.NextDouble() - 0.5)).ToArray();
    }

    private static Tensor Upload(Device device, Shape shape, double[] values)
    {
        var tensor = device.New(shape);
        tensor.CopyFrom<float>(Array.ConvertAll(values, value => (float)value));
        return tensor;
    }
}

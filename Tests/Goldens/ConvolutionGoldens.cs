using System.Text.RegularExpressions;

namespace LpcEngine.Tests.Goldens;

/// <summary>Convolution and linear layer with their gradients against PyTorch, through the conversion between its layouts (NCHW, OIHW, out×in) and ours.</summary>
public sealed class ConvolutionGoldens
{
    private const double Tolerance = 1e-5;

    private static readonly int[] ToNhwc = [0, 2, 3, 1];
    private static readonly int[] ToRsck = [2, 3, 1, 0];
    private static readonly int[] Transposed = [1, 0];

    [Test, Combinatorial]
    public void Convolution([ValueSource(typeof(GoldenFile), nameof(GoldenFile.DeviceNames))] string deviceName, [Range(0, 7)] int number)
    {
        using var file = GoldenFile.Open("ops");
        var name = $"conv{number}";
        // The metadata is written {'stride': 2, 'padding': 1}.
        var attributes = Regex.Matches(file.Metadata[name], "[0-9]+").Select(match => int.Parse(match.Value)).ToArray();
        Run(deviceName, device =>
        {
            var (x, weight) = (Upload(file, name + ".x", device, ToNhwc), Upload(file, name + ".weight", device, ToRsck));
            var y = x.Conv2d(weight, attributes[0], attributes[1]);
            GoldenFile.Compare(y, Expected(file, name + ".y", ToNhwc), Tolerance, "y");
            var gradients = device.Tape.Backward(y, Upload(file, name + ".dy", device, ToNhwc));
            GoldenFile.Compare(gradients[x], Expected(file, name + ".dx", ToNhwc), Tolerance, "dX");
            GoldenFile.Compare(gradients[weight], Expected(file, name + ".dweight", ToRsck), Tolerance, "dW");
        });
    }

    [Test, Combinatorial]
    public void Linear([ValueSource(typeof(GoldenFile), nameof(GoldenFile.DeviceNames))] string deviceName, [Range(0, 2)] int number)
    {
        using var file = GoldenFile.Open("ops");
        var name = $"linear{number}";
        Run(deviceName, device =>
        {
            var (x, weight, bias) = (file.ToTensor(name + ".x", device), Upload(file, name + ".weight", device, Transposed), file.ToTensor(name + ".bias", device));
            x.TracksGradient = bias.TracksGradient = true;
            var y = x.Linear(weight, bias);
            GoldenFile.Compare(y, file.ReadDoubles(name + ".y"), Tolerance, "y");
            var gradients = device.Tape.Backward(y, file.ToTensor(name + ".dy", device));
            GoldenFile.Compare(gradients[x], file.ReadDoubles(name + ".dx"), Tolerance, "dX");
            GoldenFile.Compare(gradients[weight], Expected(file, name + ".dweight", Transposed), Tolerance, "dW");
            GoldenFile.Compare(gradients[bias], file.ReadDoubles(name + ".dbias"), Tolerance, "dBias");
        });
    }

    private static void Run(string deviceName, Action<Device> check)
    {
        var device = TestDevices.Get(deviceName);
        device.PoisonNewTensors = true;
        try { device.Step(() => check(device)); }
        finally { device.PoisonNewTensors = false; }
    }

    private static Tensor Upload(SafeTensorsFile file, string name, Device device, int[] axes)
    {
        var shape = ShapeOf(file, name);
        var tensor = device.New(Shape.Of(axes.Select(axis => shape[axis]).ToArray()));
        tensor.CopyFrom<float>(AxisOrder.Permute(file.ReadFloats(name), shape, axes));
        tensor.TracksGradient = true;
        return tensor;
    }

    private static double[] Expected(SafeTensorsFile file, string name, int[] axes) => AxisOrder.Permute(file.ReadDoubles(name), ShapeOf(file, name), axes);

    private static Shape ShapeOf(SafeTensorsFile file, string name) => Shape.Of(file[name].Shape.Select(extent => (int)extent).ToArray());
}

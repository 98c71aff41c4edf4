namespace LpcEngine.Tests.Goldens;

/// <summary>Batch normalisation, Swish and pooling with their gradients against PyTorch, through the conversion from its layout (NCHW) to ours (NHWC).</summary>
public sealed class NormalisationGoldens
{
    private const double Tolerance = 1e-5;

    private static readonly int[] ToNhwc = [0, 2, 3, 1];

    [Test, Combinatorial]
    public void Batch_normalisation([ValueSource(typeof(GoldenFile), nameof(GoldenFile.DeviceNames))] string deviceName, [Range(0, 2)] int number)
    {
        using var file = GoldenFile.Open("ops");
        var name = $"bn{number}";
        Run(deviceName, device =>
        {
            var x = Upload(file, name + ".x", device);
            var (weight, bias) = (file.ToTensor(name + ".weight", device), file.ToTensor(name + ".bias", device));
            var (mean, variance) = (file.ToTensor(name + ".running_mean_before", device), file.ToTensor(name + ".running_var_before", device));
            weight.TracksGradient = bias.TracksGradient = true;
            // The file's evaluation used the running statistics from before the training step.
            GoldenFile.Compare(x.BatchNorm(weight, bias, mean, variance, training: false), Expected(file, name + ".y_eval"), Tolerance, "y in evaluation");
            var y = x.BatchNorm(weight, bias, mean, variance, training: true);
            GoldenFile.Compare(y, Expected(file, name + ".y"), Tolerance, "y");
            GoldenFile.Compare(mean, file.ReadDoubles(name + ".running_mean_after"), Tolerance, "running mean");
            GoldenFile.Compare(variance, file.ReadDoubles(name + ".running_var_after"), Tolerance, "running variance");
            var gradients = device.Tape.Backward(y, Upload(file, name + ".dy", device));
            GoldenFile.Compare(gradients[x], Expected(file, name + ".dx"), Tolerance, "dX");
            GoldenFile.Compare(gradients[weight], file.ReadDoubles(name + ".dweight"), Tolerance, "dWeight");
            GoldenFile.Compare(gradients[bias], file.ReadDoubles(name + ".dbias"), Tolerance, "dBias");
        });
    }

    [Test]
    public void Swish([ValueSource(typeof(GoldenFile), nameof(GoldenFile.DeviceNames))] string deviceName) =>
        Check(deviceName, "swish", x => x.Swish());

    [Test]
    public void Global_average_pooling([ValueSource(typeof(GoldenFile), nameof(GoldenFile.DeviceNames))] string deviceName) =>
        Check(deviceName, "avgpool", x => x.GlobalAveragePool());

    [Test]
    public void Max_pooling([ValueSource(typeof(GoldenFile), nameof(GoldenFile.DeviceNames))] string deviceName) =>
        Check(deviceName, "maxpool", x => x.MaxPool(window: 3, stride: 2, padding: 1));

    private static void Check(string deviceName, string name, Func<Tensor, Tensor> operation)
    {
        using var file = GoldenFile.Open("ops");
        Run(deviceName, device =>
        {
            var x = Upload(file, name + ".x", device);
            var y = operation(x);
            GoldenFile.Compare(y, Expected(file, name + ".y"), Tolerance, "y");
            GoldenFile.Compare(device.Tape.Backward(y, Upload(file, name + ".dy", device))[x], Expected(file, name + ".dx"), Tolerance, "dX");
        });
    }

    private static void Run(string deviceName, Action<Device> check)
    {
        var device = TestDevices.Get(deviceName);
        device.PoisonNewTensors = true;
        try { device.Step(() => check(device)); }
        finally { device.PoisonNewTensors = false; }
    }

    private static Tensor Upload(SafeTensorsFile file, string name, Device device)
    {
        var shape = ShapeOf(file, name);
        var tensor = device.New(shape.Rank == 4 ? new(shape[0], shape[2], shape[3], shape[1]) : shape);
        tensor.CopyFrom<float>(shape.Rank == 4 ? AxisOrder.Permute(file.ReadFloats(name), shape, ToNhwc) : file.ReadFloats(name));
        tensor.TracksGradient = true;
        return tensor;
    }

    private static double[] Expected(SafeTensorsFile file, string name)
    {
        var shape = ShapeOf(file, name);
        return shape.Rank == 4 ? AxisOrder.Permute(file.ReadDoubles(name), shape, ToNhwc) : file.ReadDoubles(name);
    }

    private static Shape ShapeOf(SafeTensorsFile file, string name) => Shape.Of(file[name].Shape.Select(extent => (int)extent).ToArray());
}

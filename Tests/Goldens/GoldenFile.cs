namespace LpcEngine.Tests.Goldens;

/// <summary>Values from PyTorch in double precision; the files lie beside this one and are copied next to the tests.</summary>
internal static class GoldenFile
{
    /// <summary>Opens a golden file by its name without extension.</summary>
    public static SafeTensorsFile Open(string name) => SafeTensorsFile.Open(Path.Combine(AppContext.BaseDirectory, "Goldens", name + ".safetensors"));

    /// <summary>A tensor of the file as a step tensor.</summary>
    public static Tensor ToTensor(this SafeTensorsFile file, string name, Device device)
    {
        var tensor = device.New(ShapeOf(file, name));
        tensor.CopyFrom<float>(file.ReadFloats(name));
        return tensor;
    }

    /// <summary>An integer tensor of the file as a step tensor.</summary>
    public static Tensor ToInts(this SafeTensorsFile file, string name, Device device)
    {
        var tensor = device.New(ShapeOf(file, name), DType.Int32);
        tensor.CopyFrom<int>(Array.ConvertAll(file.ReadInts64(name), value => (int)value));
        return tensor;
    }

    /// <summary>The names of all devices but the emulator, which would take minutes.</summary>
    public static IEnumerable<string> DeviceNames => TestDevices.Names.Where(name => name != "emulator");

    /// <summary>Asserts ‖a − b‖/‖b‖ ≤ tolerance.</summary>
    public static void Compare(Tensor actual, double[] expected, double tolerance, string what)
    {
        var error = RelativeError.Of(actual.ToFloats(), expected);
        Assert.That(error, Is.LessThanOrEqualTo(tolerance), $"{what}: relative error {error:g3}");
    }

    private static Shape ShapeOf(SafeTensorsFile file, string name) => Shape.Of(file[name].Shape.Select(extent => (int)extent).ToArray());
}

using LpcEngine.Kernels.Simd;

namespace LpcEngine.Tests.Operations;

/// <summary>Each operation's kernels on each device of this machine against the double-precision reference, forward and backward, with outputs poisoned by NaN.</summary>
public sealed class DeviceAgreement
{
    private static IEnumerable<TestCaseData> Cases =>
        from device in TestDevices.Names
        from spec in LpcEngine.Kernels.Operations.All
        from declared in spec.Cases
        where device != "emulator" || declared.Toy
        select new TestCaseData(device, spec, declared).SetArgDisplayNames(device, spec.Name, declared.Label);

    private static IEnumerable<TestCaseData> NarrowCases =>
        from lanes in new[] { 8, 4 }
        from spec in LpcEngine.Kernels.Operations.All
        from declared in spec.Cases
        select new TestCaseData(lanes, spec, declared).SetArgDisplayNames($"{lanes * 32} bits", spec.Name, declared.Label);

    [TestCaseSource(nameof(Cases))]
    public void Kernels_agree_with_the_reference(string deviceName, OpSpec spec, OpCase declared) => Check(TestDevices.Get(deviceName), spec, declared);

    /// <summary>The code of narrower vectors, which this machine's own width would leave unused.</summary>
    [TestCaseSource(nameof(NarrowCases))]
    public void Narrow_vectors_agree_with_the_reference(int lanes, OpSpec spec, OpCase declared)
    {
        using var narrow = SimdWidth.Narrow(lanes);
        Check(TestDevices.Get("cpu"), spec, declared);
    }

    private static void Check(Device device, OpSpec spec, OpCase declared)
    {
        var data = new CaseData(declared);
        device.PoisonNewTensors = true;
        try
        {
            device.Step(() => Check(device, spec, declared, data));
        }
        finally
        {
            device.PoisonNewTensors = false;
        }
    }

    private static void Check(Device device, OpSpec spec, OpCase declared, CaseData data)
    {
        var inputs = declared.Inputs.Select((input, i) => Upload(device, input, data.Inputs[i])).ToArray();
        var gradientsWanted = declared.Backward is not null;
        for (var i = 0; i < inputs.Length; i++) inputs[i].TracksGradient = gradientsWanted && declared.Inputs[i].Differentiable;

        var result = declared.Run(inputs);
        if (result is not null) Compare(result, data.Result, spec.Tolerance, "result");
        for (var i = 0; i < inputs.Length; i++)
            if (data.Changed[i] is { } expected) Compare(inputs[i], expected, spec.Tolerance, $"changed input {i}");
        if (!gradientsWanted) return;

        var dY = device.New(result!.Shape);
        dY.CopyFrom<float>(Array.ConvertAll(data.UpstreamGradient, value => (float)value));
        var gradients = device.Tape.Backward(result, dY);
        var expectedGradients = declared.Backward!(data.Copy(), data.UpstreamGradient);
        for (var i = 0; i < inputs.Length; i++)
            if (declared.Inputs[i].Differentiable) Compare(gradients[inputs[i]], expectedGradients[i]!, spec.Tolerance, $"gradient of input {i}");
        Compare(dY, data.UpstreamGradient, 0, "dY, which must not change");
    }

    /// <summary>An input as a step tensor of the declared type.</summary>
    internal static Tensor Upload(Device device, OpInput input, double[] values)
    {
        var tensor = device.New(input.Shape, input.Type);
        switch (input.Type)
        {
            case DType.Float32: tensor.CopyFrom<float>(Array.ConvertAll(values, value => (float)value)); break;
            case DType.Int32: tensor.CopyFrom<int>(Array.ConvertAll(values, value => (int)value)); break;
            default: tensor.CopyFrom<byte>(Array.ConvertAll(values, value => (byte)value)); break;
        }
        return tensor;
    }

    private static void Compare(Tensor actual, double[] expected, double tolerance, string what)
    {
        Assert.That(actual.Shape.Count, Is.EqualTo(expected.Length), $"{what}: number of elements");
        var error = RelativeError.Of(actual.Type == DType.Int32 ? Array.ConvertAll(actual.ToInts(), value => (float)value) : actual.ToFloats(), expected);
        Assert.That(error, Is.LessThanOrEqualTo(tolerance), $"{what}: relative error {error:g3} over {tolerance:g3}");
    }
}

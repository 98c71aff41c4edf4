using LpcEngine.Kernels.Simd;

namespace LpcEngine.Tests.Operations;

/// <summary>Each operation's kernels on each device of this machine, at each precision that they have there, against the double-precision reference, forward and backward, with outputs poisoned by NaN.</summary>
/// <remarks>Numbers that lie on the device as bf16, inputs and upstream gradients, are rounded for the reference as well: what is compared is the arithmetic and the rounding of results.</remarks>
public sealed class DeviceAgreement
{
    private static IEnumerable<TestCaseData> Cases =>
        from device in TestDevices.Names
        from spec in LpcEngine.Kernels.Operations.All
        from precision in spec.Precisions(device.Split(':')[0])
        from declared in spec.Cases
        where device != "emulator" || declared.Toy
        select new TestCaseData(device, precision, spec, declared).SetArgDisplayNames(device, precision.ToString().ToLowerInvariant(), spec.Name, declared.Label);

    private static IEnumerable<TestCaseData> NarrowCases =>
        from lanes in new[] { 8, 4 }
        from spec in LpcEngine.Kernels.Operations.All
        from declared in spec.Cases
        select new TestCaseData(lanes, spec, declared).SetArgDisplayNames($"{lanes * 32} bits", spec.Name, declared.Label);

    [TestCaseSource(nameof(Cases))]
    public void Kernels_agree_with_the_reference(string deviceName, Precision precision, OpSpec spec, OpCase declared) => Check(TestDevices.Get(deviceName), precision, spec, declared);

    /// <summary>The code of narrower vectors, which this machine's own width would leave unused.</summary>
    [TestCaseSource(nameof(NarrowCases))]
    public void Narrow_vectors_agree_with_the_reference(int lanes, OpSpec spec, OpCase declared)
    {
        using var narrow = SimdWidth.Narrow(lanes);
        Check(TestDevices.Get("cpu"), Precision.Fp32, spec, declared);
    }

    private static void Check(Device device, Precision precision, OpSpec spec, OpCase declared)
    {
        var data = new CaseData(declared, precision);
        (device.PoisonNewTensors, device.Precision) = (true, precision);
        try
        {
            device.Step(() => Check(device, spec, declared, data));
        }
        finally
        {
            (device.PoisonNewTensors, device.Precision) = (false, Precision.Fp32);
        }
    }

    private static void Check(Device device, OpSpec spec, OpCase declared, CaseData data)
    {
        var inputs = declared.Inputs.Select((input, i) => Upload(device, input, data.Inputs[i])).ToArray();
        var gradientsWanted = declared.Backward is not null;
        for (var i = 0; i < inputs.Length; i++) inputs[i].TracksGradient = gradientsWanted && declared.Inputs[i].Differentiable;

        var result = declared.Run(inputs);
        if (result is not null) Compare(result, data.Result, ToleranceOf(result), "result");
        for (var i = 0; i < inputs.Length; i++)
            if (data.Changed[i] is { } expected) Compare(inputs[i], expected, ToleranceOf(inputs[i]), $"changed input {i}");
        if (!gradientsWanted) return;

        var dY = device.New(result!.Shape, result.Type);
        dY.CopyFrom<float>(Array.ConvertAll(data.UpstreamGradient, value => (float)value));
        var upstream = result.Type == DType.BFloat16 ? CaseData.Rounded(data.UpstreamGradient) : data.UpstreamGradient;
        var gradients = device.Tape.Backward(result, dY);
        var expectedGradients = declared.Backward!(data.Copy(), upstream);
        for (var i = 0; i < inputs.Length; i++)
        {
            if (!declared.Inputs[i].Differentiable) continue;
            Compare(gradients[inputs[i]], expectedGradients[i]!, ToleranceOf(gradients[inputs[i]]), $"gradient of input {i}");
            Assert.That(gradients[inputs[i]].Type, Is.EqualTo(inputs[i].Type), $"type of the gradient of input {i}");
        }
        Compare(dY, upstream, 0, "dY, which must not change");

        double ToleranceOf(Tensor tensor) => spec.ToleranceAt(device.Precision, tensor.Type);
    }

    /// <summary>An input as a step tensor of the type that it has at the device's precision.</summary>
    internal static Tensor Upload(Device device, OpInput input, double[] values)
    {
        var tensor = device.New(input.Shape, input.TypeAt(device.Precision));
        switch (tensor.Type)
        {
            case DType.Float32 or DType.BFloat16: tensor.CopyFrom<float>(Array.ConvertAll(values, value => (float)value)); break;
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

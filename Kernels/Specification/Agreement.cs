using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>An operation's kernels on a device, at one precision and for one case, against the double-precision reference, forward and backward, with outputs poisoned by NaN.</summary>
/// <remarks>Numbers that lie on the device as bf16, inputs and upstream gradients, are rounded for the reference as well: what is compared is the arithmetic and the rounding of results.</remarks>
internal static class Agreement
{
    /// <summary>Runs one case as a step of its own; the device computes in fp32 again afterwards.</summary>
    /// <param name="device">Where.</param>
    /// <param name="precision">One that the device computes in.</param>
    /// <param name="spec">The operation, for its tolerances.</param>
    /// <param name="declared">The case.</param>
    /// <returns>What was compared, in order: the result, inputs that the operation changes, gradients, and dY, which it must leave alone.</returns>
    public static IReadOnlyList<Deviation> Check(Device device, Precision precision, OpSpec spec, OpCase declared)
    {
        var data = new CaseData(declared, precision);
        var found = new List<Deviation>();
        device.Precision = precision;
        device.PoisonNewTensors = true;
        try
        {
            device.Step(() => Run(device, spec, declared, data, found));
        }
        finally
        {
            (device.PoisonNewTensors, device.Precision) = (false, Precision.Fp32);
        }
        return found;
    }

    /// <summary>An input as a step tensor of the type that it has at the device's precision.</summary>
    /// <param name="device">Where.</param>
    /// <param name="input">Its declaration.</param>
    /// <param name="values">Its elements; whole numbers where the type is.</param>
    public static Tensor Upload(Device device, OpInput input, double[] values)
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

    private static void Run(Device device, OpSpec spec, OpCase declared, CaseData data, List<Deviation> found)
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
            var (gradient, what) = (gradients[inputs[i]], $"gradient of input {i}");
            if (gradient.Type == inputs[i].Type) Compare(gradient, expectedGradients[i]!, ToleranceOf(gradient), what);
            else found.Add(Deviation.Wrong($"{what}, whose type is {gradient.Type} and must be {inputs[i].Type}"));
        }
        Compare(dY, upstream, 0, "dY, which must not change");

        double ToleranceOf(Tensor tensor) => spec.ToleranceAt(device.Precision, tensor.Type);

        void Compare(Tensor actual, double[] expected, double tolerance, string what) => found.Add(actual.Shape.Count == expected.Length
            ? new(what, RelativeError.Of(actual.Type == DType.Int32 ? Array.ConvertAll(actual.ToInts(), value => (float)value) : actual.ToFloats(), expected), tolerance)
            : Deviation.Wrong($"{what}, which has {actual.Shape.Count} elements and must have {expected.Length}"));
    }
}

/// <summary>How far something that a kernel made is from the reference.</summary>
/// <param name="What">Result, changed input or gradient.</param>
/// <param name="Error">‖a − b‖/‖b‖; infinite where one of both is no number, or the type or the number of elements is wrong.</param>
/// <param name="Tolerance">The largest error allowed.</param>
internal sealed record Deviation(string What, double Error, double Tolerance)
{
    /// <summary>Whether it is within its tolerance.</summary>
    public bool Passes => Error <= Tolerance;

    /// <summary>The error in units of its tolerance, for finding the worst of several; 0 where a tolerance of 0 is kept.</summary>
    public double Share => Error == 0 ? 0 : Error / Tolerance;

    /// <summary>Something that can't be compared at all.</summary>
    /// <param name="what">What it is, and what is wrong with it.</param>
    public static Deviation Wrong(string what) => new(what, double.PositiveInfinity, 0);
}

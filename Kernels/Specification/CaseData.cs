using LpcEngine.Engine;

namespace LpcEngine.Kernels;

/// <summary>The inputs and the upstream gradient of one case, drawn from its declaration with a fixed seed; those that are stored as bf16 at a precision are rounded to it.</summary>
internal sealed class CaseData
{
    public CaseData(OpCase declared, Precision precision = Precision.Fp32)
    {
        var random = new Random(20260101);
        Inputs = declared.Inputs.Select(input => input.TypeAt(precision) == DType.BFloat16 ? Rounded(Draw(input, random)) : Draw(input, random)).ToArray();
        var scratch = Copy();
        Result = declared.Forward(scratch);
        Changed = declared.Inputs.Select((input, i) => input.Changes ? scratch[i] : null).ToArray();
        // Neither ones nor all of one sign: a derivative that is only right for a sum would pass otherwise.
        UpstreamGradient = Result.Select((_, i) => (double)(float)(declared.DrawUpstream?.Invoke(random, i) ?? 2 * random.NextDouble() - 1 + 0.25)).ToArray();
    }

    /// <summary>Input values; exactly representable in single precision, so that kernels and reference see the same numbers.</summary>
    public double[][] Inputs { get; }

    /// <summary>The reference's result.</summary>
    public double[] Result { get; }

    /// <summary>The reference's new values of inputs that the operation changes.</summary>
    public double[]?[] Changed { get; }

    /// <summary>A random dY.</summary>
    public double[] UpstreamGradient { get; }

    public double[][] Copy() => Inputs.Select(input => (double[])input.Clone()).ToArray();

    /// <summary>What a bf16 tensor gives back for these values.</summary>
    public static double[] Rounded(double[] values) => Array.ConvertAll(values, value => (double)BFloat16.Round((float)value));

    private static double[] Draw(OpInput input, Random random)
    {
        var values = new double[input.Shape.Count];
        for (var i = 0; i < values.Length; i++) values[i] = (float)input.Draw(random, i);
        return values;
    }
}

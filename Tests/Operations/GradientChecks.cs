namespace LpcEngine.Tests.Operations;

/// <summary>Each operation's derivative, as its reference states it, against central differences of its forward reference, in double precision.</summary>
/// <remarks>References are functions of arrays: the checks share nothing, and run side by side.</remarks>
[Parallelizable(ParallelScope.All)]
public sealed class GradientChecks
{
    private static IEnumerable<TestCaseData> Cases =>
        from spec in LpcEngine.Kernels.Operations.All
        from declared in spec.Cases
        where declared.Backward is not null && !declared.HasKinks
        from input in Enumerable.Range(0, declared.Inputs.Count)
        where declared.Inputs[input].Differentiable
        select new TestCaseData(declared, input).SetArgDisplayNames(spec.Name, declared.Label, $"input {input}");

    [TestCaseSource(nameof(Cases))]
    public void The_derivative_equals_central_differences(OpCase declared, int input)
    {
        var data = new CaseData(declared);
        var gradient = declared.Backward!(data.Copy(), data.UpstreamGradient)[input];
        Assert.That(gradient, Is.Not.Null.And.Length.EqualTo(data.Inputs[input].Length));

        // Small inputs are checked element by element, all of them along random directions. Along a direction every element counts: a single one among a million that is wrong by a few percent
        // shows. So where one evaluation takes milliseconds, one direction and a few elements do.
        var (elements, directions) = Math.Max(declared.Flops, data.Inputs.Sum(values => values.Length)) switch { > 1e5 => (2, 1), > 1e4 => (10, 3), _ => (200, 3) };
        var length = data.Inputs[input].Length;
        var random = new Random(7);
        for (var n = 0; n < Math.Min(length, elements); n++)
        {
            var at = length <= elements ? n : random.Next(length);
            Compare(declared, data, input, i => i == at ? 1 : 0, gradient!, $"element {at}");
        }
        for (var n = 0; n < directions; n++)
        {
            var direction = data.Inputs[input].Select(_ => random.NextDouble() - 0.5).ToArray();
            Compare(declared, data, input, i => direction[i], gradient!, $"direction {n}");
        }
    }

    private static void Compare(OpCase declared, CaseData data, int input, Func<int, double> direction, double[] gradient, string what)
    {
        var step = declared.Inputs[input].Step ?? declared.Epsilon * Math.Max(1, data.Inputs[input].Max(Math.Abs));
        var numeric = (Loss(declared, data, input, direction, step) - Loss(declared, data, input, direction, -step)) / (2 * step);
        var stated = gradient.Select((value, i) => value * direction(i)).Sum();
        // The scale of the terms that cancel in the difference bounds what central differences can resolve.
        var scale = Math.Abs(numeric) + Math.Abs(stated) + 1e-3 * Math.Sqrt(gradient.Sum(value => value * value)) + 1e-6;
        Assert.That(Math.Abs(numeric - stated) / scale, Is.LessThan(1e-5), $"{what}: central difference {numeric:g8}, stated derivative {stated:g8}");
    }

    private static double Loss(OpCase declared, CaseData data, int input, Func<int, double> direction, double step)
    {
        var inputs = data.Copy();
        for (var i = 0; i < inputs[input].Length; i++) inputs[input][i] += step * direction(i);
        var result = declared.Forward(inputs);
        var loss = 0.0;
        for (var i = 0; i < result.Length; i++) loss += result[i] * data.UpstreamGradient[i];
        return loss;
    }
}

namespace LpcEngine.Tests.Operations;

/// <summary>Every operation on the CPU gives the same bits with one, two and three threads, forward and backward.</summary>
public sealed class ThreadDeterminism
{
    private static readonly CpuDevice[] Cpus = [new(1), new(2), new(3)];

    private static IEnumerable<TestCaseData> Cases =>
        from spec in LpcEngine.Kernels.Operations.All
        from declared in spec.Cases
        select new TestCaseData(declared).SetArgDisplayNames(spec.Name, declared.Label);

    [OneTimeTearDown]
    public void Close() => Array.ForEach(Cpus, cpu => cpu.Dispose());

    [TestCaseSource(nameof(Cases))]
    public void Any_number_of_threads_gives_the_same_bits(OpCase declared)
    {
        var data = new CaseData(declared);
        var expected = Run(Cpus[0], declared, data);
        foreach (var cpu in Cpus[1..])
        {
            var actual = Run(cpu, declared, data);
            for (var i = 0; i < expected.Count; i++)
                Assert.That(actual[i].Bits.AsSpan().SequenceEqual(expected[i].Bits), $"{expected[i].What} differs between 1 and {cpu.Pool.Threads} threads");
        }
    }

    /// <summary>Result, inputs afterwards and gradients, as bits.</summary>
    private static List<(string What, int[] Bits)> Run(CpuDevice cpu, OpCase declared, CaseData data)
    {
        var found = new List<(string, int[])>();
        cpu.Step(() =>
        {
            var inputs = declared.Inputs.Select((input, i) => Agreement.Upload(cpu, input, data.Inputs[i])).ToArray();
            for (var i = 0; i < inputs.Length; i++) inputs[i].TracksGradient = declared.Backward is not null && declared.Inputs[i].Differentiable;
            var result = declared.Run(inputs);
            if (result is not null) found.Add(("result", Bits(result)));
            for (var i = 0; i < inputs.Length; i++)
                if (declared.Inputs[i].Changes) found.Add(($"changed input {i}", Bits(inputs[i])));
            if (declared.Backward is null) return;
            var dY = cpu.New(result!.Shape);
            dY.CopyFrom<float>(Array.ConvertAll(data.UpstreamGradient, value => (float)value));
            var gradients = cpu.Tape.Backward(result, dY);
            for (var i = 0; i < inputs.Length; i++)
                if (declared.Inputs[i].Differentiable) found.Add(($"gradient of input {i}", Bits(gradients[inputs[i]])));
        });
        return found;
    }

    private static int[] Bits(Tensor tensor) => tensor.Type == DType.Float32 ? Array.ConvertAll(tensor.ToFloats(), BitConverter.SingleToInt32Bits) : tensor.ToInts();
}

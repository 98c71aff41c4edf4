using LpcEngine.Kernels.Simd;

namespace LpcEngine.Tests.Operations;

/// <summary>Each operation's kernels on each device of this machine, at each precision that they have there, in agreement with the reference (<see cref="Agreement"/>).</summary>
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
        var found = Agreement.Check(device, precision, spec, declared);
        Assert.That(found, Is.Not.Empty, "nothing was compared");
        foreach (var (what, error, tolerance) in found) Assert.That(error, Is.LessThanOrEqualTo(tolerance), $"{what}: relative error {error:g3} over {tolerance:g3}");
    }
}

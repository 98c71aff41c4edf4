namespace LpcEngine.Tests.Goldens;

/// <summary>Six AdamW updates, the rate halved after the third, against PyTorch.</summary>
public sealed class AdamWGoldens
{
    [TestCaseSource(typeof(GoldenFile), nameof(GoldenFile.DeviceNames))]
    public void Six_updates(string deviceName)
    {
        using var file = GoldenFile.Open("adamw");
        var device = TestDevices.Get(deviceName);
        var parameter = device.NewKept<float>(new Shape(13, 7), file.ReadFloats("param0"));
        var group = new ParameterGroup("all", [new NamedTensor("p", parameter, null, IsParameter: true)]);
        var optimizer = new AdamW([group], weightDecay: 5e-4);
        for (var step = 1; step <= 6; step++)
        {
            optimizer.SetRate(0, step <= 3 ? 0.004 : 0.002);
            WriteGradient(group, file.ReadFloats($"grad{step}"));
            optimizer.Update();
            GoldenFile.Compare(parameter, file.ReadDoubles($"param{step}"), 1e-5, $"parameter after update {step}");
        }
        Assert.That(optimizer.Steps, Is.EqualTo(6));
    }

    [TestCaseSource(typeof(GoldenFile), nameof(GoldenFile.DeviceNames))]
    public void A_resumed_optimizer_goes_on_to_the_same_bits(string deviceName)
    {
        using var file = GoldenFile.Open("adamw");
        var device = TestDevices.Get(deviceName);
        var gradient = file.ReadFloats("grad1");
        var (whole, wholeGroup) = Make(device, file);
        for (var step = 0; step < 300; step++) Update(whole, wholeGroup, gradient);

        var (first, firstGroup) = Make(device, file);
        for (var step = 0; step < 290; step++) Update(first, firstGroup, gradient);
        var (second, secondGroup) = Make(device, file);
        device.Copy(firstGroup.Values, secondGroup.Values);
        foreach (var (from, to) in first.State().Zip(second.State()))
        {
            Assert.That(to.Name, Is.EqualTo(from.Name));
            device.Copy(from.Tensor, to.Tensor);
        }
        second.Resume(first.Steps);
        for (var step = 0; step < 10; step++) Update(second, secondGroup, gradient);
        Assert.That(secondGroup.Values.ToFloats(), Is.EqualTo(wholeGroup.Values.ToFloats()));
    }

    private static (AdamW, ParameterGroup) Make(Device device, SafeTensorsFile file)
    {
        var parameter = device.NewKept<float>(new Shape(13, 7), file.ReadFloats("param0"));
        var group = new ParameterGroup("all", [new NamedTensor("p", parameter, null, IsParameter: true)]);
        return (new AdamW([group]), group);
    }

    private static void Update(AdamW optimizer, ParameterGroup group, float[] gradient)
    {
        WriteGradient(group, gradient);
        optimizer.Update();
    }

    // The flat array's gap after the 91 elements stays zero, as backward passes leave it.
    private static void WriteGradient(ParameterGroup group, float[] gradient)
    {
        var flat = new float[group.Gradients.Shape.Count];
        gradient.CopyTo(flat, 0);
        group.Gradients.CopyFrom<float>(flat);
    }
}

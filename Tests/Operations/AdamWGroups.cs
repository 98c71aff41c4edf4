namespace LpcEngine.Tests.Operations;

/// <summary>One optimizer updates all its groups of parameters, two in a launch, each as if it were alone.</summary>
public sealed class AdamWGroups
{
    private static readonly int[] Counts = [1_030, 5, 2_048];

    /// <summary>Recorded and replayed, over a change of one group's rate, against an optimizer for each group whose code runs each time.</summary>
    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void Groups_together_become_what_each_becomes_alone(string name)
    {
        var device = TestDevices.Get(name);
        ParameterGroup[] together = Groups(device), alone = Groups(device);
        var all = new AdamW(together);
        var each = alone.Select(group => new AdamW([group])).ToArray();
        for (var i = 0; i < Counts.Length; i++)
        {
            all.SetRate(i, 1e-3 * (i + 1));
            each[i].SetRate(0, 1e-3 * (i + 1));
        }
        var before = device.Launches;
        using var step = new CapturedStep(device, all.Apply);
        for (var update = 0; update < 7; update++)
        {
            if (update == 4) all.SetRate(1, 0.5);
            all.Advance();
            step.Run();
        }
        Assert.That(device.Launches - before, Is.EqualTo(device is GpuDevice ? 7 * 2 : 0), "two groups a launch");
        for (var update = 0; update < 7; update++)
        {
            if (update == 4) each[1].SetRate(0, 0.5);
            foreach (var optimizer in each) optimizer.Update();
        }
        for (var i = 0; i < Counts.Length; i++)
        {
            Assert.That(together[i].Values.ToFloats(), Is.EqualTo(alone[i].Values.ToFloats()), $"group {i}");
            Assert.That(together[i].Values.ToFloats().Take(Counts[i]), Is.All.Not.EqualTo(1f), $"group {i} has changed");
        }
    }

    private static ParameterGroup[] Groups(Device device) => Counts.Select((count, i) =>
    {
        var group = new ParameterGroup($"group {i}", [new NamedTensor("p", device.NewKept<float>(new Shape(count), Enumerable.Repeat(1f, count).ToArray()), null, IsParameter: true)]);
        group.Gradients.CopyFrom<float>([.. Enumerable.Range(0, group.Gradients.Shape.Count).Select(j => j < count ? MathF.Sin(j + i) : 0f)]);
        return group;
    }).ToArray();
}

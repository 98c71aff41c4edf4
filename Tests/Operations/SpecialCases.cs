namespace LpcEngine.Tests.Operations;

/// <summary>What the declared cases of normalisation and pooling can't show: refusals, and values that aren't numbers.</summary>
public sealed class SpecialCases
{
    [Test]
    public void One_value_per_channel_is_refused_in_training() => OnCpu(cpu =>
    {
        var (x, p) = (cpu.New(new(1, 1, 1, 4)), cpu.New(new(4)));
        cpu.Fill(x, 3f);
        cpu.Fill(p, 1f);
        Assert.That(() => x.BatchNorm(p, p, p, p, training: true), Throws.TypeOf<ShapeException>().With.Message.Contains("one value per channel"));
        Assert.That(x.BatchNorm(p, p, p, p, training: false).ToFloats(), Has.All.EqualTo(1 + 2 / Math.Sqrt(1 + 1e-5)).Within(1e-6));
    });

    [Test]
    public void Wrong_shapes_are_refused() => OnCpu(cpu =>
    {
        var (x, p, wrong) = (cpu.New(new(2, 3, 3, 4)), cpu.New(new(4)), cpu.New(new(5)));
        Assert.That(() => x.BatchNorm(wrong, p, p, p, true), Throws.TypeOf<ShapeException>().With.Message.Contains("weight is [5]"));
        Assert.That(() => x.BatchNormAddSwish(cpu.New(new(2, 3, 4, 4)), p, p, p, p, true), Throws.TypeOf<ShapeException>().With.Message.Contains("shortcut"));
        Assert.That(() => p.GlobalAveragePool(), Throws.TypeOf<ShapeException>());
        Assert.That(() => x.MaxPool(3, 2, 2), Throws.TypeOf<ShapeException>().With.Message.Contains("padding"));
        Assert.That(() => x.MaxPool(5, 2, 0), Throws.TypeOf<ShapeException>().With.Message.Contains("smaller than the window"));
        Assert.That(() => x.Add(p), Throws.TypeOf<ShapeException>());
    });

    [Test]
    public void A_NaN_wins_every_maximum([ValueSource(typeof(TestDevices), nameof(TestDevices.Names))] string deviceName)
    {
        var device = TestDevices.Get(deviceName);
        device.Step(() =>
        {
            var x = device.New(new(1, 3, 3, 5));
            var values = Enumerable.Range(0, 45).Select(i => i == 20 ? float.NaN : i).ToArray();
            x.CopyFrom<float>(values);
            x.TracksGradient = true;
            var y = x.MaxPool(3, 3, 0);
            Assert.That(y.ToFloats(), Is.EqualTo(new[] { float.NaN, 41f, 42f, 43f, 44f }));
            Assert.That(device.Tape.Backward(y)[x].ToFloats()[20], Is.EqualTo(1f));
            Assert.That(x.Relu().ToFloats()[20], Is.NaN);
            Assert.That(x.Swish().ToFloats()[20], Is.NaN);
        });
    }

    [Test]
    public void Swish_has_its_limits_at_infinity([ValueSource(typeof(TestDevices), nameof(TestDevices.Names))] string deviceName)
    {
        var device = TestDevices.Get(deviceName);
        device.Step(() =>
        {
            // Thirty-five elements: whole vectors and a rest.
            var x = device.New(new(35));
            x.CopyFrom<float>(Enumerable.Range(0, 35).Select(i => i % 2 == 0 ? float.NegativeInfinity : float.PositiveInfinity).ToArray());
            x.TracksGradient = true;
            var y = x.Swish();
            Assert.That(y.ToFloats(), Is.EqualTo(Enumerable.Range(0, 35).Select(i => i % 2 == 0 ? 0 : float.PositiveInfinity)));
            Assert.That(device.Tape.Backward(y)[x].ToFloats(), Is.EqualTo(Enumerable.Range(0, 35).Select(i => i % 2 == 0 ? 0f : 1f)));
        });
    }

    [Test]
    public void A_channel_with_a_NaN_has_no_statistics([ValueSource(typeof(TestDevices), nameof(TestDevices.Names))] string deviceName)
    {
        var device = TestDevices.Get(deviceName);
        device.Step(() =>
        {
            var (x, weight, bias) = (device.New(new(2, 2, 2, 4)), device.New(new(4)), device.New(new(4)));
            var (mean, variance) = (device.New(new(4)), device.New(new(4)));
            x.CopyFrom<float>(Enumerable.Range(0, 32).Select(i => i == 5 ? float.NaN : i).ToArray());
            device.Fill(weight, 1f);
            device.Fill(bias, 0f);
            device.Fill(mean, 0f);
            device.Fill(variance, 1f);
            x.BatchNorm(weight, bias, mean, variance, training: true);
            Assert.That(mean.ToFloats().Select(float.IsNaN), Is.EqualTo(new[] { false, true, false, false }), "running mean");
            Assert.That(variance.ToFloats().Select(float.IsNaN), Is.EqualTo(new[] { false, true, false, false }), "running variance");
        });
    }

    /// <summary>Grids have 65,535 groups at most along all axes but the first.</summary>
    [Test]
    public void Matrices_may_be_long_either_way([ValueSource(typeof(TestDevices), nameof(TestDevices.Names))] string deviceName)
    {
        if (deviceName == "emulator") Assert.Ignore("takes the emulator minutes");
        const int length = 16 * 65536 + 1;
        var device = TestDevices.Get(deviceName);
        device.Step(() =>
        {
            var (row, rows) = (device.New(new(1, 2)), device.New(new(length, 2)));
            row.CopyFrom<float>([1f, 2f]);
            rows.CopyFrom<float>(Enumerable.Range(0, 2 * length).Select(i => (float)(i % 1000)).ToArray());
            var expected = Enumerable.Range(0, length).Select(i => (float)(2 * i % 1000 + 2 * (2 * i % 1000 + 1))).ToArray();
            // Transposes a matrix with more tiles one below the other, then multiplies into one with more tiles side by side.
            Assert.That(row.MatMul(rows, transposeB: true).ToFloats().AsSpan().SequenceEqual(expected));
            var (one, column) = (device.New(new(1, 1)), device.New(new(1, 64 * 65536 + 1)));
            device.Fill(one, 2f);
            device.Fill(column, 3f);
            Assert.That(one.MatMul(column).ToFloats().AsSpan().ContainsAnyExcept(6f), Is.False);
        });
    }

    private static void OnCpu(Action<Device> check)
    {
        var cpu = TestDevices.Get("cpu");
        cpu.Step(() => check(cpu));
    }
}

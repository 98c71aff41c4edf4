namespace LpcEngine.Tests.Operations;

/// <summary>Tensors of bf16: what a value becomes on its way into one and back, what the tape does with them, and what is refused.</summary>
public sealed class HalfWidth
{
    private static IEnumerable<string> Gpus => TestDevices.Names.Where(name => name != "cpu");

    // A float and the bf16 that it must become: ties to even both ways, just beside ties, carries into the exponent, the largest number and what rounds beyond it, the smallest, every kind of NaN.
    private static readonly (uint Float, ushort Half)[] Roundings =
    [
        (0x3F800000, 0x3F80), (0x3F808000, 0x3F80), (0x3F808001, 0x3F81), (0x3F807FFF, 0x3F80), (0x3F818000, 0x3F82), (0x3F817FFF, 0x3F81), (0x3FFF8000, 0x4000), (0xBFFF8000, 0xC000),
        (0x7F7F7FFF, 0x7F7F), (0x7F7F8000, 0x7F80), (0xFF7F8000, 0xFF80), (0x7F7FFFFF, 0x7F80), (0x7F800000, 0x7F80), (0xFF800000, 0xFF80), (0x00000000, 0x0000), (0x80000000, 0x8000),
        (0x00000001, 0x0000), (0x00008000, 0x0000), (0x00008001, 0x0001), (0x007FFFFF, 0x0080), (0x80018000, 0x8002),
    ];

    private static readonly uint[] NaNs = [0x7FC00000, 0x7F800001, 0xFF800001, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FBF8000, 0x7F808000];

    [Test]
    public void The_host_rounds_to_nearest_even()
    {
        foreach (var (value, half) in Roundings) Assert.That(BFloat16.FromFloat(BitConverter.UInt32BitsToSingle(value)), Is.EqualTo(half), $"{value:x8}");
        foreach (var value in NaNs) Assert.That(IsQuiet(BFloat16.FromFloat(BitConverter.UInt32BitsToSingle(value))), $"{value:x8}");
        for (var half = 0; half <= ushort.MaxValue; half++)
        {
            var wide = BFloat16.ToFloat((ushort)half);
            Assert.That(BitConverter.SingleToUInt32Bits(wide), Is.EqualTo((uint)half << 16));
            if (!float.IsNaN(wide)) Assert.That(BFloat16.FromFloat(wide), Is.EqualTo(half));
        }
        Assert.That(BFloat16.Pair(1.5f, -2), Is.EqualTo(unchecked((int)0xC0003FC0)));
        Assert.That((BFloat16.Low(BFloat16.Pair(1.5f, -2)), BFloat16.High(BFloat16.Pair(1.5f, -2))), Is.EqualTo((1.5f, -2f)));
    }

    /// <summary>Odd lengths: whole vectors of four and every rest, rows that start at odd halves.</summary>
    [Test]
    public void Devices_round_as_the_host_does([ValueSource(nameof(Gpus))] string name, [Values(1, 3, 5, 17, 1027)] int length) => InStep(name, device =>
    {
        var random = new Random(length);
        var special = Roundings.Select(pair => pair.Float).Concat(NaNs).ToArray();
        var values = Enumerable.Range(0, length).Select(i => BitConverter.UInt32BitsToSingle(length > special.Length && i < special.Length ? special[i] : (uint)random.NextInt64())).ToArray();
        var expected = Array.ConvertAll(values, BFloat16.FromFloat);
        Assert.That(Bits(Floats(device, values).Cast(DType.BFloat16)), Is.EqualTo(expected), "by the kernel");
        var uploaded = Halves(device, values);
        Assert.That(Bits(uploaded), Is.EqualTo(expected), "by the host");
        var wide = Array.ConvertAll(expected, BFloat16.ToFloat);
        Assert.That(uploaded.ToFloats(), Is.EqualTo(wide));
        Assert.That(uploaded.Cast(DType.Float32).ToFloats(), Is.EqualTo(wide));
    });

    [Test]
    public void Numbers_out_of_range_survive_operations([ValueSource(nameof(Gpus))] string name) => InStep(name, device =>
    {
        float[] values = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 3e38f, -3e38f];
        var x = Halves(device, values);
        Assert.That(x.Swish().ToFloats(), Is.EqualTo(new[] { float.NaN, float.PositiveInfinity, 0f, BFloat16.Round(3e38f), 0f }));
        Assert.That(x.Relu().ToFloats(), Is.EqualTo(new[] { float.NaN, float.PositiveInfinity, 0f, BFloat16.Round(3e38f), 0f }));
        // 6·10³⁸ is beyond floats.
        Assert.That(x.Add(x).ToFloats(), Is.EqualTo(new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.PositiveInfinity, float.NegativeInfinity }));
        // 3.397·10³⁸ is a float, but nearer to 2¹²⁸ than to the largest bf16.
        Assert.That(Halves(device, [3.3895314e38f]).Add(Halves(device, [7e35f])).ToFloats(), Is.EqualTo(new[] { float.PositiveInfinity }));
    });

    [Test]
    public void Memory_operations_take_them([ValueSource(nameof(Gpus))] string name, [Values(1, 3, 4, 17, 1026)] int length) => InStep(name, device =>
    {
        var (a, b) = (Enumerable.Range(0, length).Select(i => 1f + i).ToArray(), Enumerable.Range(0, length).Select(i => i % 2 == 0 ? 0.004f : 1e-3f * i).ToArray());
        var (into, from) = (Halves(device, a), Halves(device, b));
        device.Accumulate(into, from);
        // The sum of the two bf16 numbers, rounded once.
        Assert.That(into.ToFloats(), Is.EqualTo(a.Zip(b, (u, v) => BFloat16.Round(BFloat16.Round(u) + BFloat16.Round(v)))));
        Assert.That(from.ToFloats(), Is.EqualTo(Array.ConvertAll(b, BFloat16.Round)));
        device.Copy(from, into);
        Assert.That(Bits(into), Is.EqualTo(Bits(from)));
        // What lies behind an odd number of halves belongs to somebody else.
        var (whole, part) = (Halves(device, a), Halves(device, a));
        device.Fill(part, 0.3f);
        Assert.That(part.ToFloats(), Has.All.EqualTo(BFloat16.Round(0.3f)));
        Assert.That(whole.ToFloats(), Is.EqualTo(Array.ConvertAll(a, BFloat16.Round)));
        var kept = device.Keep(part);
        Assert.That(kept.ToFloats(), Is.EqualTo(part.ToFloats()));
        Assert.That((kept.Type, kept.Bytes), Is.EqualTo((DType.BFloat16, 2L * length)));
        device.Free(kept);
    });

    [Test]
    public void New_ones_are_poisoned([ValueSource(nameof(Gpus))] string name) => InStep(name, device =>
    {
        device.PoisonNewTensors = true;
        try { Assert.That(device.New(new(5), DType.BFloat16).ToFloats(), Has.All.NaN); }
        finally { device.PoisonNewTensors = false; }
    });

    [Test]
    public void Gradients_have_their_tensors_type_and_meet_in_one_rounding([ValueSource(nameof(Gpus))] string name) => InStep(name, device =>
    {
        var x = Halves(device, [1f, -2f, 0.5f, 3f, 7f]);
        x.TracksGradient = true;
        var y = x.Scale(1.01f).Add(x.Scale(3f)).View(new(5, 1)).Cast(DType.Float32);
        var gradients = device.Tape.Backward(y);
        Assert.That(gradients[x].Type, Is.EqualTo(DType.BFloat16));
        Assert.That(gradients[x].ToFloats(), Has.All.EqualTo(BFloat16.Round(BFloat16.Round(1.01f) + 3f)));
        Assert.That(() => device.Tape.Backward(y, Halves(device, new float[5]).View(new(5, 1))), Throws.ArgumentException.With.Message.Contains("one type"));
        Assert.That(() => x.Add(Floats(device, new float[5])), Throws.ArgumentException.With.Message.Contains("one type"));
        var (images, floats, channel) = (x.View(new(5, 1)), Floats(device, new float[5]).View(new(5, 1)), Floats(device, [1f]));
        Assert.That(() => images.BatchNormAddSwish(floats, channel, channel, channel, channel, true), Throws.ArgumentException.With.Message.Contains("one type"));
    });

    /// <summary>A residual block between images and loss: every activation in bf16, the averages and all that follows in floats.</summary>
    [Test]
    public void A_block_in_bf16_follows_the_same_in_floats([ValueSource(nameof(Gpus))] string name) => InStep(name, device =>
    {
        var shape = new Shape(6, 9, 7, 12);
        var random = new Random(5);
        var values = Enumerable.Range(0, shape.Count).Select(_ => BFloat16.Round((float)OpInput.Normal(1)(random, 0))).ToArray();
        var (floats, halves) = (Run(DType.Float32), Run(DType.BFloat16));
        for (var i = 0; i < floats.Length; i++)
            Assert.That(RelativeError.Of(halves[i], Array.ConvertAll(floats[i], value => (double)value)), Is.LessThan(5e-3), $"result {i} of loss, averages, gradients and running statistics");

        float[][] Run(DType type)
        {
            var x = device.New(shape, type);
            x.CopyFrom<float>(values);
            Tensor weight = Channels(1), bias = Channels(0.25f), mean = Channels(0), variance = Channels(1), labels = device.New(new(6), DType.Int32);
            labels.CopyFrom<int>([0, 3, 11, 7, 1, 4]);
            x.TracksGradient = weight.TracksGradient = bias.TracksGradient = true;
            var pooled = x.MaxPool();
            var averages = pooled.BatchNormSwish(weight, bias, mean, variance, training: true).BatchNormAddSwish(pooled, weight, bias, mean, variance, training: true).GlobalAveragePool();
            var loss = averages.SoftmaxCrossEntropy(labels);
            var gradients = device.Tape.Backward(loss);
            Assert.That((pooled.Type, averages.Type, gradients[x].Type, gradients[weight].Type), Is.EqualTo((type, DType.Float32, type, DType.Float32)));
            return [loss.ToFloats(), averages.ToFloats(), gradients[x].ToFloats(), gradients[weight].ToFloats(), gradients[bias].ToFloats(), mean.ToFloats(), variance.ToFloats()];
        }

        Tensor Channels(float value)
        {
            var tensor = device.New(new(12));
            device.Fill(tensor, value);
            return tensor;
        }
    });

    [Test]
    public void The_cpu_refuses_them() => InStep("cpu", device =>
    {
        var x = Halves(device, [1f, 2f]);
        Assert.That(x.ToFloats(), Is.EqualTo(new[] { 1f, 2f }));
        var (images, channel) = (x.View(new(2, 1, 1, 1)), Floats(device, [1f]));
        Func<object>[] refusals =
        [
            () => x.Swish(), () => x.Relu(), () => x.Add(x), () => x.Scale(2), () => x.Cast(DType.Float32), () => x.View(new(1, 2)).Transpose(),
            () => images.BatchNorm(channel, channel, channel, channel, true), () => images.BatchNormSwish(channel, channel, channel, channel, false),
            () => images.BatchNormAddSwish(images, channel, channel, channel, channel, true), () => images.MaxPool(1, 1, 0), () => images.GlobalAveragePool(),
        ];
        foreach (var refusal in refusals)
            Assert.That(refusal, Throws.TypeOf<KernelMissingException>().With.Message.Contains("bf16").And.Property(nameof(KernelMissingException.DeviceName)).EqualTo("cpu"));
        Assert.That(() => x.Swish(), Throws.TypeOf<KernelMissingException>().With.Message.StartsWith("Swish"));
        Assert.That(() => images.BatchNorm(channel, channel, channel, channel, true), Throws.TypeOf<KernelMissingException>().With.Message.StartsWith("BatchNorm"));
        Assert.That(() => device.Fill(x, 0), Throws.TypeOf<KernelMissingException>());
        Assert.That(() => device.Accumulate(x, x), Throws.TypeOf<KernelMissingException>());
        Assert.That(Floats(device, [1f]).Cast(DType.Float32).ToFloats(), Is.EqualTo(new[] { 1f }));
    });

    [Test]
    public void A_device_says_what_it_computes_in([ValueSource(typeof(TestDevices), nameof(TestDevices.Names))] string name)
    {
        var device = TestDevices.Get(name);
        Assert.That(device.Precision, Is.EqualTo(Precision.Fp32));
        foreach (var precision in Enum.GetValues<Precision>())
        {
            if (name == "cpu" && precision != Precision.Fp32)
            {
                Assert.That(() => device.Precision = precision, Throws.TypeOf<KernelMissingException>());
                Assert.That(device.Precision, Is.EqualTo(Precision.Fp32));
                continue;
            }
            device.Precision = precision;
            Assert.That(device.Precision, Is.EqualTo(precision));
            device.Precision = Precision.Fp32;
        }
    }

    [Test]
    public void Host_memory_must_fit() => InStep("cpu", device =>
    {
        var x = device.New(new(2), DType.BFloat16);
        Assert.That(() => x.CopyFrom<int>([1, 2]), Throws.ArgumentException);
        Assert.That(() => x.CopyFrom<float>([1]), Throws.ArgumentException);
        Assert.That(() => x.CopyTo<byte>(new byte[2]), Throws.ArgumentException);
        Assert.That(device.NewKept<ushort>(new(1), [0x3F80]).ToFloats(), Is.EqualTo(new[] { 1f }));
    });

    private static bool IsQuiet(ushort half) => float.IsNaN(BFloat16.ToFloat(half)) && (half & 0x40) != 0;

    private static ushort[] Bits(Tensor x)
    {
        var bits = new ushort[x.Shape.Count];
        x.CopyTo<ushort>(bits);
        return bits;
    }

    private static Tensor Floats(Device device, float[] values)
    {
        var tensor = device.New(new(values.Length));
        tensor.CopyFrom<float>(values);
        return tensor;
    }

    private static Tensor Halves(Device device, float[] values)
    {
        var tensor = device.New(new(values.Length), DType.BFloat16);
        tensor.CopyFrom<float>(values);
        return tensor;
    }

    private static void InStep(string name, Action<Device> body)
    {
        var device = TestDevices.Get(name);
        device.Step(() => body(device));
    }
}

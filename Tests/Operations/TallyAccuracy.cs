namespace LpcEngine.Tests.Operations;

/// <summary>A tally of very many batches is as exact as one in double.</summary>
public sealed class TallyAccuracy
{
    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void Sums_of_many_batches_are_those_of_doubles(string deviceName)
    {
        // The later batches of an epoch of millions of images, where a float's last place is 1: a sum in one float would lose a third of each batch.
        var device = TestDevices.Get(deviceName);
        var batches = deviceName switch { "cpu" => 50_000, "emulator" => 50, _ => 2_000 };
        var tally = device.NewKept<float>(new Shape(TallyOp.Length), [1 << 24, 1 << 23, 0, 0, 0, 0, 0, 0, 0]);
        double crossEntropy = 1 << 24, penalty = 1 << 23;
        var random = new Random(1);
        for (var batch = 0; batch < batches; batch++)
        {
            float ce = random.NextSingle() * 3, p = random.NextSingle();
            device.Step(() =>
            {
                var logits = device.New(new(2, 3));
                logits.CopyFrom<float>([1, 2, 3, 3, 2, 1]);
                var labels = device.New(new Shape(2), DType.Int32);
                labels.CopyFrom<int>([2, 1]);
                TallyOp.Tally(tally, logits, labels, Scalar(device, ce), Scalar(device, p));
            });
            crossEntropy += 2.0 * ce;
            penalty += 2.0 * p;
        }
        var sums = tally.ToFloats();
        device.Free(tally);
        Assert.That((double)sums[TallyOp.CrossEntropy] + sums[TallyOp.CrossEntropyRest], Is.EqualTo(crossEntropy).Within(1e-12 * crossEntropy));
        Assert.That((double)sums[TallyOp.Penalty] + sums[TallyOp.PenaltyRest], Is.EqualTo(penalty).Within(1e-12 * penalty));
        Assert.That(sums[TallyOp.First..(TallyOp.Images + 1)], Is.EqualTo(new float[] { batches, 2 * batches, 2 * batches }));
    }

    private static Tensor Scalar(Device device, float value)
    {
        var tensor = device.New(Shape.Scalar);
        device.Fill(tensor, value);
        return tensor;
    }
}

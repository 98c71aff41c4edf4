namespace LpcEngine.Tests.Operations;

/// <summary>What losses, tallies and gathers make of NaN and of labels and indices that are out of range.</summary>
public sealed class SpecialValues
{
    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void A_label_out_of_range_makes_the_loss_NaN(string name) => InStep(name, device =>
    {
        foreach (var label in new[] { -1, 3, int.MaxValue, int.MinValue })
        {
            var logits = Floats(device, new(2, 3), 1, 2, 3, 4, 5, 6);
            Assert.That(logits.SoftmaxCrossEntropy(Ints(device, 0, label)).ToFloats()[0], Is.NaN, $"label {label}");
        }
    });

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void A_logit_that_is_NaN_makes_the_loss_NaN(string name) => InStep(name, device =>
    {
        for (var at = 0; at < 3; at++)
        {
            float[] values = [1, 2, 3];
            values[at] = float.NaN;
            Assert.That(Floats(device, new(1, 3), values).SoftmaxCrossEntropy(Ints(device, 1)).ToFloats()[0], Is.NaN, $"NaN at {at}");
        }
    });

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void A_tally_counts_ties_by_index_and_NaN_as_wrong(string name) => InStep(name, device =>
    {
        const float NaN = float.NaN;
        var logits = Floats(device, new(7, 7),
            1, 1, 1, 1, 1, 1, 1,     // label 0: ties, the lowest index is first
            1, 1, 1, 1, 1, 1, 1,     // label 4: fifth
            1, 1, 1, 1, 1, 1, 1,     // label 5: sixth
            NaN, 0, 0, 0, 0, 0, 0,   // label 0: its own logit is NaN
            NaN, 9, 0, 0, 0, 0, 0,   // label 1: NaN stands before it
            0, 0, 0, 0, 0, 9, NaN,   // label 5: the same from behind
            0, 0, 0, 0, 0, 0, 9);    // label 7: there is no such class
        var tally = Floats(device, new(TallyOp.Length), 1, 2, 3, 4, 5, 0, 0, 6, 0);
        TallyOp.Tally(tally, logits, Ints(device, 0, 4, 5, 0, 1, 5, 7), Floats(device, Shape.Scalar, 0.5f), Floats(device, Shape.Scalar, 2));
        Assert.That(tally.ToFloats(), Is.EqualTo(new[] { 4.5f, 16f, 4f, 8f, 12f, 0f, 0f, 6f, 0f }));
    });

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void An_index_out_of_range_is_never_read(string name) => InStep(name, device =>
    {
        var images = device.New(new Shape(2, 1, 1, 1), DType.UInt8);
        images.CopyFrom<byte>([0, 255]);
        var (mean, inverse, epoch) = (Floats(device, new(1), 0.5f), Floats(device, new(1), 2), Ints(device, 1));
        var y = ImagesOp.GatherImages(images, Ints(device, 1, 2, -1, 0), mean, inverse, ImageAugmentation.None, 7, epoch).ToFloats();
        Assert.That(y, Is.EqualTo(new[] { 1f, float.NaN, float.NaN, -1f }));
        Assert.That(ImagesOp.GatherLabels(Ints(device, 8, 9), Ints(device, 1, 2, -1, 0)).ToInts(), Is.EqualTo(new[] { 9, -1, -1, 8 }));
    });

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void Augmentation_depends_on_the_image_and_the_epoch_alone(string name) => InStep(name, device =>
    {
        var images = device.New(new Shape(3, 5, 6, 3), DType.UInt8);
        images.CopyFrom<byte>(Enumerable.Range(0, 270).Select(i => (byte)(i * 37)).ToArray());
        var (mean, inverse) = (Floats(device, new(3), 0.4f, 0.5f, 0.6f), Floats(device, new(3), 3, 4, 5));
        float[] Draw(int epoch, params int[] indices) =>
            ImagesOp.GatherImages(images, Ints(device, indices), mean, inverse, ImageAugmentation.CropFlip, 11, Ints(device, epoch)).ToFloats();
        Assert.That(Draw(4, 2, 0)[..90], Is.EqualTo(Draw(4, 1, 1, 2)[180..]));
        Assert.That(Draw(5, 0, 1, 2), Is.Not.EqualTo(Draw(4, 0, 1, 2)));
        if (device is CpuDevice) return;
        var here = Draw(6, 0, 1, 2);
        var cpu = TestDevices.Get("cpu");
        cpu.Step(() =>
        {
            var copy = cpu.New(images.Shape, DType.UInt8);
            copy.CopyFrom<byte>(Enumerable.Range(0, 270).Select(i => (byte)(i * 37)).ToArray());
            var there = ImagesOp.GatherImages(copy, Ints(cpu, 0, 1, 2), Floats(cpu, new(3), 0.4f, 0.5f, 0.6f), Floats(cpu, new(3), 3, 4, 5), ImageAugmentation.CropFlip, 11, Ints(cpu, 6));
            Assert.That(here, Is.EqualTo(there.ToFloats()), "the same bits as on the cpu");
        });
    });

    private static void InStep(string name, Action<Device> body)
    {
        var device = TestDevices.Get(name);
        device.Step(() => body(device));
    }

    private static Tensor Floats(Device device, Shape shape, params float[] values)
    {
        var tensor = device.New(shape);
        tensor.CopyFrom<float>(values);
        return tensor;
    }

    private static Tensor Ints(Device device, params int[] values)
    {
        var tensor = device.New(new Shape(values.Length), DType.Int32);
        tensor.CopyFrom<int>(values);
        return tensor;
    }
}

using LpcEngine.Models;

namespace LpcEngine.Tests.Models;

/// <summary>In evaluation a network gives an image the same logits, to the bit, alone and in any batch.</summary>
public sealed class BatchInvariance
{
    [TestCase("resnet18", Head.Linear)]
    [TestCase("resnet50", Head.NonLinear)]
    [TestCase("wrn-10-2", Head.None)]
    [TestCase("wrn-50-2", Head.Linear)]
    [TestCase("mlp", Head.None)]
    public void An_images_logits_do_not_depend_on_its_batch(string backbone, Head head)
    {
        const int Images = 5, Side = 32, Values = Side * Side * 3;
        var device = (CpuDevice)TestDevices.Get("cpu");
        var model = new Classifier(new Initialiser(device, 1), new BackboneSpec(backbone, 16, Side, Side, 3), head, 12, 10) { Training = false };
        using var pause = device.Tape.Pause();
        var random = new Random(2);
        var pixels = Enumerable.Range(0, Images * Values).Select(_ => random.NextSingle() - 0.5f).ToArray();
        float[] Logits(int first, int count)
        {
            float[] logits = [];
            device.Step(() =>
            {
                var x = device.New(new(count, Side, Side, 3));
                x.CopyFrom<float>(pixels.AsSpan(first * Values, count * Values));
                logits = model.Forward(x).Logits.ToFloats();
            });
            return logits;
        }
        var together = Logits(0, Images);
        for (var i = 0; i < Images; i++) Assert.That(Logits(i, 1), Is.EqualTo(together[(10 * i)..(10 * i + 10)]), $"image {i}");
    }
}

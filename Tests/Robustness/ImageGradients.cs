using LpcEngine.Experiments.Robustness;
using LpcEngine.Models;

namespace LpcEngine.Tests.Robustness;

/// <summary>Gradients with respect to images through whole networks in evaluation mode, against central differences.</summary>
internal sealed class ImageGradients
{
    private const int Images = 3, Classes = 5;

    private static readonly Shape Image = new(8, 8, 3);

    private static IEnumerable<TestCaseData> Networks =>
        from device in TestDevices.Names
        where device != "emulator"
        from backbone in new[] { "resnet18", "resnet50", "mlp" }
        from head in Enum.GetValues<Head>()
        select new TestCaseData(device, backbone, head);

    [TestCaseSource(nameof(Networks))]
    public void Gradients_of_logits_and_of_latents_are_those_of_the_function(string name, string backbone, Head head)
    {
        var device = TestDevices.Get(name);
        var model = Attacks.Model(device, backbone, backbone == "mlp" ? 1 : 6, head, 7, Classes, Image);
        var pixels = Attacks.Pixels(Images * Image.Count);
        using var network = new FrozenNetwork(model, device, Image);
        foreach (var ofLatents in new[] { false, true })
        {
            var count = Images * (ofLatents ? model.Latents : Classes);
            var upstream = Attacks.Pixels(count, seed: 11);
            var gradient = new float[pixels.Length];
            device.Step(() =>
            {
                var output = network.Forward(pixels, Images);
                // A second pass on the same activations, after another one, must be as good as the first.
                network.ImageGradients(output.Logits, new float[Images * Classes], gradient);
                Assert.That(gradient, Is.All.Zero);
                network.ImageGradients(ofLatents ? output.Latents : output.Logits, upstream, gradient);
            });
            var norm = Math.Sqrt(gradient.Sum(value => (double)value * value));
            Assert.That(norm, Is.GreaterThan(1e-3));
            // Along the gradient, and along two directions that have something of it.
            for (var trial = 0; trial < 3; trial++)
            {
                var noise = Attacks.Pixels(pixels.Length, seed: 20 + trial);
                var direction = gradient.Select((value, i) => value / norm + (trial == 0 ? 0 : noise[i] / Math.Sqrt(pixels.Length))).ToArray();
                var slope = (Value(0.01) - Value(-0.01)) / 0.02;
                var expected = gradient.Zip(direction, (a, b) => a * b).Sum();
                Assert.That(slope, Is.EqualTo(expected).Within(0.003 * norm), $"{(ofLatents ? "latents" : "logits")}, direction {trial}");

                double Value(double step)
                {
                    float[] values = [];
                    device.Step(() =>
                    {
                        var output = network.Forward([.. pixels.Select((pixel, i) => (float)(pixel + step * direction[i]))], Images);
                        values = (ofLatents ? output.Latents : output.Logits).ToFloats();
                    });
                    return values.Zip(upstream, (a, b) => (double)a * b).Sum();
                }
            }
        }
    }

    [Test]
    public void Frozen_parameters_get_no_gradient_and_track_them_again_afterwards()
    {
        var device = TestDevices.Get("cpu");
        var model = Attacks.Model(device, "mlp", 1, Head.Linear, 7, Classes, Image);
        var weight = model.LastWeight;
        var free = model.Parameters().First().Tensor;
        free.TracksGradient = false;
        using (model.Freeze())
        {
            using (model.Freeze()) Assert.That(weight.TracksGradient, Is.False);
            Assert.That(weight.TracksGradient, Is.False, "the inner scope ends nothing of the outer one");
            device.Step(() =>
            {
                var x = device.New(new(1, 8, 8, 3));
                x.CopyFrom<float>(Attacks.Pixels(Image.Count));
                x.TracksGradient = true;
                var gradients = device.Tape.Backward(model.Forward(x).Logits);
                Assert.That(gradients.TryGet(x, out _), Is.True);
                Assert.That(gradients.TryGet(weight, out _), Is.False);
            });
        }
        Assert.That(weight.TracksGradient, Is.True);
        Assert.That(free.TracksGradient, Is.False, "as before");
    }
}

using LpcEngine.Models;

namespace LpcEngine.Tests.Models;

/// <summary>A wide network's gradient, as a whole, against the loss at weights a little along it and against it.</summary>
public sealed class WideGradients
{
    [Test]
    public void The_loss_changes_along_its_gradient_as_the_gradient_says(
        [ValueSource(typeof(TestDevices), nameof(TestDevices.Names))] string deviceName, [Values("wrn-10-2", "wrn-50-2")] string backbone)
    {
        if (deviceName == "emulator") Assert.Ignore("takes the emulator minutes");
        var device = TestDevices.Get(deviceName);
        var model = new Classifier(new Initialiser(device, 3), new BackboneSpec(backbone, 8, 16, 16, 3), Head.None, 0, 10) { Training = true };
        var random = new Random(6);
        var pixels = Enumerable.Range(0, 12 * 16 * 16 * 3).Select(_ => random.NextSingle() * 2 - 1).ToArray();
        Dictionary<string, float[]> gradients = [];
        double Loss(bool withGradients)
        {
            var loss = 0f;
            device.Step(() =>
            {
                var (x, labels) = (device.New(new(12, 16, 16, 3)), device.New(new Shape(12), DType.Int32));
                x.CopyFrom<float>(pixels);
                labels.CopyFrom<int>(Enumerable.Range(0, 12).Select(i => i % 10).ToArray());
                var y = model.Forward(x).Logits.SoftmaxCrossEntropy(labels);
                loss = y.ToFloats()[0];
                if (!withGradients) return;
                var map = device.Tape.Backward(y);
                gradients = model.Parameters().ToDictionary(parameter => parameter.Name, parameter => map[parameter.Tensor].ToFloats());
            });
            return loss;
        }
        var before = Loss(withGradients: true);
        var weights = model.Parameters().ToDictionary(parameter => parameter.Name, parameter => parameter.Tensor.ToFloats());
        var squares = gradients.Values.Sum(gradient => gradient.Sum(value => (double)value * value));
        // Changes the loss by about 2 %: little enough to be straight, far more than single precision errs.
        var step = 0.01 * before / squares;
        double At(double distance)
        {
            foreach (var parameter in model.Parameters())
                parameter.Tensor.CopyFrom<float>(weights[parameter.Name].Zip(gradients[parameter.Name], (w, g) => (float)(w + distance * g)).ToArray());
            return Loss(withGradients: false);
        }
        var slope = (At(step) - At(-step)) / (2 * step);
        foreach (var parameter in model.Parameters()) device.Free(parameter.Tensor);
        Assert.That(slope, Is.EqualTo(squares).Within(0.01 * squares));
    }
}

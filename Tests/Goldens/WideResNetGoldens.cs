using System.Globalization;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Tests.Goldens;

/// <summary>A tiny Wide ResNet, its losses, gradients and running statistics against PyTorch (wide_resnet.py), from weights read as <c>--init</c> reads them.</summary>
public sealed class WideResNetGoldens
{
    private const double Tolerance = 1e-4;

    private static readonly int[] ToNhwc = [0, 2, 3, 1];

    [Test]
    public void A_step_is_that_of_PyTorch([ValueSource(typeof(TestDevices), nameof(TestDevices.Names))] string deviceName)
    {
        using var file = GoldenFile.Open("wide-resnet");
        var device = TestDevices.Get(deviceName);
        var sizes = file["images"].Shape.Select(extent => (int)extent).ToArray();
        // A width of 8 gives a stem of 2 channels.
        var spec = new BackboneSpec("wrn-10-1", 8, sizes[2], sizes[3], sizes[1]);
        var model = new Classifier(new Initialiser(device, 1), spec, Head.Linear, (int)file["init.fc.weight"].Shape[1], (int)file["init.fc.weight"].Shape[0]);
        ModelFile.Read(file, model, "init.");
        device.PoisonNewTensors = true;
        try
        {
            model.Training = false;
            device.Step(() => Compare(file, "eval", model.Forward(Images())));
            model.Training = true;
            device.Step(() =>
            {
                var output = model.Forward(Images());
                Compare(file, "train", output);
                var crossEntropy = output.Logits.SoftmaxCrossEntropy(file.ToInts("labels", device));
                var gamma = device.New(Shape.Scalar);
                device.Fill(gamma, float.Parse(file.Metadata["gamma"], CultureInfo.InvariantCulture));
                var penalty = output.Latents.LatentPenalty(gamma);
                GoldenFile.Compare(crossEntropy, file.ReadDoubles("train.cross_entropy"), Tolerance, "cross-entropy");
                GoldenFile.Compare(penalty, file.ReadDoubles("train.penalty"), Tolerance, "penalty");
                var gradients = device.Tape.Backward(crossEntropy.Add(penalty));
                foreach (var parameter in model.Parameters())
                    Compare(parameter with { Tensor = gradients[parameter.Tensor] }, file, "grad.");
            });
            foreach (var statistic in model.State().Where(tensor => !tensor.IsParameter)) Compare(statistic, file, "after.");
        }
        finally
        {
            device.PoisonNewTensors = false;
            foreach (var tensor in model.State()) device.Free(tensor.Tensor);
        }

        Tensor Images()
        {
            var images = device.New(new(sizes[0], sizes[2], sizes[3], sizes[1]));
            images.CopyFrom<float>(AxisOrder.Permute(file.ReadFloats("images"), Shape.Of(sizes), ToNhwc));
            return images;
        }
    }

    private static void Compare(SafeTensorsFile file, string mode, ClassifierOutput output)
    {
        GoldenFile.Compare(output.Features, file.ReadDoubles(mode + ".features"), Tolerance, $"features, {mode}");
        GoldenFile.Compare(output.Latents, file.ReadDoubles(mode + ".latents"), Tolerance, $"latents, {mode}");
        GoldenFile.Compare(output.Logits, file.ReadDoubles(mode + ".logits"), Tolerance, $"logits, {mode}");
    }

    private static void Compare(NamedTensor tensor, SafeTensorsFile file, string prefix)
    {
        var error = RelativeError.Of(tensor.ToFile(), file.ReadDoubles(prefix + tensor.Name));
        Assert.That(error, Is.LessThanOrEqualTo(Tolerance), string.Create(CultureInfo.InvariantCulture, $"{prefix}{tensor.Name}: relative error {error:g3}"));
    }
}

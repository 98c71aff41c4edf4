using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Tests.Experiments;

/// <summary>At tf32 and bf16 only the backbone's convolutions, and what lies between them, change: penultimate layer, classifier and all terms of the loss compute in floats, to the bit as they do at fp32.</summary>
/// <remarks>All extents are multiples of 8: tensor cores would take every product, did it ask for them.</remarks>
[TestFixtureSource(nameof(Gpus))]
public sealed class HeadPrecision(string deviceName)
{
    private const int Images = 40, Batch = 16, Classes = 8, Latents = 16, Side = 8;

    private static IEnumerable<string> Gpus => TestDevices.Names.Where(name => name is not "cpu" and not "emulator");

    private static IEnumerable<string> AllVariants => Variants.All.Select(variant => variant.Name);

    /// <summary>A network without convolutions: everything that is left, forward, backward and AdamW.</summary>
    [Test]
    public void Without_convolutions_training_has_the_same_bits_at_every_precision([ValueSource(nameof(AllVariants))] string variant)
    {
        var device = TestDevices.Get(deviceName);
        var expected = Train(Precision.Fp32);
        Assert.That(Train(Precision.Tf32), Is.EqualTo(expected), "tf32");
        Assert.That(Train(Precision.Bf16), Is.EqualTo(expected), "bf16");

        int[][] Train(Precision precision)
        {
            device.Precision = precision;
            try
            {
                var trainer = NewTrainer(device, variant);
                for (var i = 0; i < 2 * trainer.StepsPerEpoch; i++)
                {
                    if (trainer.EpochIsComplete) trainer.BeginEpoch(trainer.Epoch + 1);
                    trainer.TakeStep();
                }
                trainer.Losses.Fetch(trainer.StepOfEpoch);
                var losses = Enumerable.Range(1, trainer.StepsPerEpoch).Select(trainer.Losses.Of).SelectMany(loss => (float[])[(float)loss.CrossEntropy, (float)loss.Penalty, (float)loss.Contrastive]).ToArray();
                return [Bits(losses), .. trainer.Model.State().Select(tensor => Bits(tensor.Tensor.ToFloats()))];
            }
            finally
            {
                device.Precision = Precision.Fp32;
            }
        }
    }

    /// <summary>Behind a ResNet's convolutions: its features, taken as they are, through the same weights and losses at fp32.</summary>
    [Test]
    public void Behind_convolutions_latents_losses_and_gradients_are_those_of_fp32_for_the_same_features([ValueSource(nameof(AllVariants))] string variant, [Values(Precision.Tf32, Precision.Bf16)] Precision precision)
    {
        var device = TestDevices.Get(deviceName);
        var declared = Variants.Named(variant);
        var model = new Classifier(new Initialiser(device, 3), new BackboneSpec("resnet18", 8, Side, Side, 3), declared.Head, Latents, Classes) { Training = true };
        var weights = model.Parameters().Where(parameter => parameter.Name.StartsWith("penultimate", StringComparison.Ordinal) || parameter.Tensor == model.LastWeight).ToDictionary(parameter => parameter.Name, parameter => parameter.Tensor);
        var random = new Random(6);
        device.Step(() =>
        {
            var (x, labels) = (device.New(new(Batch, Side, Side, 3)), device.New(new Shape(Batch), DType.Int32));
            x.CopyFrom<float>(Enumerable.Range(0, x.Shape.Count).Select(_ => random.NextSingle() * 2 - 1).ToArray());
            labels.CopyFrom<int>(Enumerable.Range(0, Batch).Select(i => i * 5 % Classes).ToArray());
            List<int[]> found, expected;
            float[] atFp32;
            device.Precision = precision;
            try
            {
                var output = model.Forward(x);
                found = Behind(output, labels);
                device.Precision = Precision.Fp32;
                var features = device.New(output.Features.Shape);
                features.CopyFrom<float>(output.Features.ToFloats());
                var latents = declared.Head == Head.None ? features : features.Linear(weights["penultimate.weight"], weights["penultimate.bias"]);
                if (declared.Head == Head.NonLinear) latents = latents.Swish();
                expected = Behind(new(features, latents, latents.Linear(model.LastWeight)), labels);
                atFp32 = model.Forward(x).Features.ToFloats();
            }
            finally
            {
                device.Precision = Precision.Fp32;
            }
            Assert.That(found, Is.EqualTo(expected));
            Assert.That(model.Forward(x).Features.ToFloats(), Is.EqualTo(atFp32));
            Assert.That(found[0], Is.Not.EqualTo(Bits(atFp32)), "the precision had no effect on the features");
        });
        foreach (var parameter in model.State()) device.Free(parameter.Tensor);

        // The bits of features, latents, logits, loss, and the gradients of the weights behind the features.
        List<int[]> Behind(ClassifierOutput output, Tensor labels)
        {
            Tensor gamma = Scalar(3), scale = Scalar(8), margin = Scalar(0.25f);
            var loss = (declared.Margin == Margin.None ? output.Logits : output.Features.MarginLogits(model.LastWeight, labels, declared.Margin, scale, margin)).SoftmaxCrossEntropy(labels);
            if (declared.Penalty) loss = loss.Add(output.Latents.LatentPenalty(gamma));
            if (declared.Contrastive) loss = loss.Add(output.Features.Contrastive(labels));
            var gradients = device.Tape.Backward(loss);
            return [.. new[] { output.Features, output.Latents, output.Logits, loss }.Concat(weights.Values.Select(weight => gradients[weight])).Select(tensor => Bits(tensor.ToFloats()))];
        }

        Tensor Scalar(float value)
        {
            var scalar = device.New(Shape.Scalar);
            device.Fill(scalar, value);
            return scalar;
        }
    }

    private static Trainer NewTrainer(Device device, string variant)
    {
        var random = new Random(5);
        var pixels = new byte[Images * Side * Side * 3];
        random.NextBytes(pixels);
        var images = new ImageSet(Images, Side, Side, 3, pixels, null, Enumerable.Range(0, Images).Select(i => i % Classes).ToArray());
        var data = new DataSet("noise", [.. Enumerable.Range(0, Classes).Select(c => $"{c}")], images, null, [0.5f, 0.5f, 0.5f], [0.2f, 0.2f, 0.2f], Flip: true);
        var options = new TrainOptions { DataSet = "noise", Variant = variant, Backbone = "mlp", Width = 1, Batch = Batch, Penultimate = Variants.Named(variant).Head == Head.None ? null : Latents };
        var config = RunConfig.From(options, Preset.Named("quick"), Variants.Named(variant), data.Facts);
        var model = new Classifier(new Initialiser(device, 1), config.BackboneSpec, config.Head, config.Penultimate, config.Classes);
        return new Trainer(config, model, new DeviceImages(device, images, config.Mean, config.Std), device);
    }

    private static int[] Bits(float[] values) => Array.ConvertAll(values, BitConverter.SingleToInt32Bits);
}

using Google.Protobuf;
using LpcEngine.Experiments.Export.Onnx;
using LpcEngine.Models;
using Microsoft.ML.OnnxRuntime;
using Dense = Microsoft.ML.OnnxRuntime.Tensors.DenseTensor<float>;

namespace LpcEngine.Tests.Export;

/// <summary>Networks as ONNX graphs compute, in ONNX Runtime, what ours do.</summary>
public sealed class OnnxGraphs
{
    private const int Batch = 3, Classes = 7, Latents = 5;

    private static IEnumerable<TestCaseData> Networks()
    {
        foreach (var name in BackboneSpec.Names)
            foreach (var head in Enum.GetValues<Head>())
                yield return new TestCaseData(new BackboneSpec(name, 4, 8, 12, 3), head).SetArgDisplayNames(name, $"{head}");
        // The stem for larger images, pooling and all; one channel; the scaled shortcut of a deeper group.
        yield return new TestCaseData(new BackboneSpec("resnet18", 4, 64, 72, 1), Head.Linear).SetArgDisplayNames("resnet18 at 64×72");
        yield return new TestCaseData(new BackboneSpec("resnet50", 4, 66, 65, 3), Head.None).SetArgDisplayNames("resnet50 at 66×65");
        yield return new TestCaseData(new BackboneSpec("wrn-10-1", 4, 9, 7, 3), Head.NonLinear).SetArgDisplayNames("wrn-10-1 at 9×7");
    }

    [TestCaseSource(nameof(Networks))]
    public void Each_backbone_and_head_gives_the_same_logits_latents_and_features(BackboneSpec spec, Head head)
    {
        using var device = new CpuDevice(2);
        var model = new Classifier(new Initialiser(device, 3), spec, head, Latents, Classes) { Training = false };
        Unsettle(model);
        var image = new Shape(spec.Height, spec.ImageWidth, spec.Channels);
        var random = new Random(7);
        var nhwc = Enumerable.Range(0, Batch * image.Count).Select(_ => (float)(2 * random.NextDouble() - 1)).ToArray();

        var expected = new Dictionary<string, float[]>();
        using (device.Tape.Pause())
        {
            device.Step(() =>
            {
                var x = device.New(new Shape(Batch, image[0], image[1], image[2]));
                x.CopyFrom<float>(nhwc);
                var output = model.Forward(x);
                (expected["logits"], expected["latents"], expected["features"]) = (output.Logits.ToFloats(), output.Latents.ToFloats(), output.Features.ToFloats());
            });
        }

        var file = new ModelProto { IrVersion = 7, OpsetImport = { new OperatorSetIdProto { Version = 13 } }, Graph = NetworkGraph.Of(model, head, image) };
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        using var session = new InferenceSession(file.ToByteArray(), options);
        var nchw = new Dense(Transposed(nhwc, image), [Batch, image[2], image[0], image[1]]);
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("images", nchw)]);
        Assert.That(results.Select(result => result.Name), Is.EquivalentTo(expected.Keys));
        foreach (var result in results)
        {
            var values = result.AsTensor<float>();
            Assert.That(values.Dimensions[0], Is.EqualTo(Batch));
            var actual = values.ToArray();
            var largest = expected[result.Name].Max(MathF.Abs);
            Assert.That(largest, Is.GreaterThan(1e-3), "numbers that say something");
            for (var i = 0; i < actual.Length; i++) Assert.That(actual[i], Is.EqualTo(expected[result.Name][i]).Within(1e-4 * Math.Max(1, largest)), $"{result.Name}[{i}]");
        }
    }

    [Test]
    public void Each_weight_is_there_once_under_the_name_that_PyTorch_gives_it()
    {
        using var device = new CpuDevice(1);
        var model = new Classifier(new Initialiser(device, 3), new BackboneSpec("resnet50", 2, 8, 8, 3), Head.Linear, Latents, Classes);
        var graph = NetworkGraph.Of(model, Head.Linear, new Shape(8, 8, 3));
        Assert.That(graph.Initializer.Select(tensor => tensor.Name), Is.EquivalentTo(model.State().Select(tensor => tensor.Name)));
        foreach (var tensor in model.State())
            Assert.That(graph.Initializer.Single(stored => stored.Name == tensor.Name).Dims, Is.EqualTo(tensor.FileShape.ToArray().Select(extent => (long)extent)));
        Assert.That(graph.Node.Select(node => node.Name), Is.Unique);
    }

    // Normalisations that do something, with numbers of every size that training gives them.
    private static void Unsettle(Classifier model)
    {
        var random = new Random(11);
        foreach (var (name, tensor, _, _) in model.State())
        {
            if (name.EndsWith("running_var", StringComparison.Ordinal)) Draw(tensor, () => 0.2 + random.NextDouble());
            else if (name.EndsWith("running_mean", StringComparison.Ordinal) || name.EndsWith("bias", StringComparison.Ordinal)) Draw(tensor, () => random.NextDouble() - 0.5);
            else if (tensor.Shape.Rank == 1) Draw(tensor, () => 0.5 + random.NextDouble());
        }

        static void Draw(Tensor tensor, Func<double> next) => tensor.CopyFrom<float>(Enumerable.Range(0, tensor.Shape.Count).Select(_ => (float)next()).ToArray());
    }

    private static float[] Transposed(float[] nhwc, Shape image)
    {
        var (h, w, c) = (image[0], image[1], image[2]);
        var nchw = new float[nhwc.Length];
        for (var n = 0; n < Batch; n++)
            for (var i = 0; i < h * w; i++)
                for (var k = 0; k < c; k++) nchw[(n * c + k) * h * w + i] = nhwc[(n * h * w + i) * c + k];
        return nchw;
    }
}

using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Robustness;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Tests.Robustness;

/// <summary>Small networks and images for tests of attacks.</summary>
internal static class Attacks
{
    /// <summary>A classifier in evaluation mode, its weights scaled so that it is far from linear, with running statistics of noise.</summary>
    public static Classifier Model(Device device, string backbone, int width, Head head, int latents, int classes, Shape image, float scale = 1)
    {
        var model = new Classifier(new Initialiser(device, 7), new BackboneSpec(backbone, width, image[0], image[1], image[2]), head, latents, classes) { Training = false };
        foreach (var parameter in model.Parameters().Where(parameter => scale != 1 && parameter.Tensor.Shape.Rank > 1))
            parameter.Tensor.CopyFrom<float>(Array.ConvertAll(parameter.Tensor.ToFloats(), value => scale * value));
        if (backbone != "mlp") Settle(device, model, image);
        return model;
    }

    // With its first running statistics a deep network hardly sees its images.
    private static void Settle(Device device, Classifier model, Shape image)
    {
        const int Images = 16, Passes = 40;
        var pixels = Pixels(Images * image.Count, seed: 4);
        model.Training = true;
        using var pause = device.Tape.Pause();
        for (var i = 0; i < Passes; i++)
        {
            device.Step(() =>
            {
                var x = device.New(new(Images, image[0], image[1], image[2]));
                x.CopyFrom<float>(pixels);
                model.Forward(x);
            });
        }
        model.Training = false;
    }

    /// <summary>Overwrites a tensor of a model.</summary>
    public static void Set(Classifier model, string name, Func<int, float> value)
    {
        var tensor = model.State().Single(tensor => tensor.Name == name).Tensor;
        tensor.CopyFrom<float>(Enumerable.Range(0, tensor.Shape.Count).Select(value).ToArray());
    }

    /// <summary>Normally distributed pixels.</summary>
    public static float[] Pixels(int count, int seed = 3)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => (float)OpInput.Normal(1)(random, i))];
    }

    /// <summary>Images that are used as they are.</summary>
    public static DeviceImages Images(Device device, Shape image, float[] pixels, int[]? labels = null)
    {
        var count = pixels.Length / image.Count;
        var set = new ImageSet(count, image[0], image[1], image[2], null, pixels, labels ?? new int[count]);
        return new DeviceImages(device, set, new float[image[2]], [.. Enumerable.Repeat(1f, image[2])]);
    }

    /// <summary>An affine classifier, f_k(x) = Σ_j W_jk·(x_j + offset) for |x| up to 3 or so: where its argument is near 20, Swish is the identity, and the penultimate
    /// bias takes away what brings it there.</summary>
    /// <param name="device">Where it lives.</param>
    /// <param name="image">Of at most 64 numbers.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="offset">The offset.</param>
    public static (Classifier Model, float[] W) Affine(Device device, Shape image, int classes, float offset)
    {
        const float Shift = 20;
        const int Hidden = 64;
        var d = image.Count;
        var model = Model(device, "mlp", 1, Head.Linear, d, classes, image);
        Set(model, "layers.0.weight", i => i / Hidden == i % Hidden ? 1 : 0);
        Set(model, "layers.0.bias", _ => Shift);
        Set(model, "layers.1.weight", i => i / Hidden == i % Hidden ? 1 : 0);
        Set(model, "layers.1.bias", _ => 0);
        Set(model, "penultimate.weight", i => i / d == i % d ? 1 : 0);
        Set(model, "penultimate.bias", _ => offset - Shift);
        return (model, model.LastWeight.ToFloats());
    }

    /// <summary>What a network predicts of each image.</summary>
    public static int[] Predictions(Classifier model, Device device, DeviceImages images)
    {
        var logits = Evaluator.Run(model, images, device).Logits;
        return [.. Enumerable.Range(0, images.Count).Select(i => Logits.Predict(logits.AsSpan(i * model.Classes, model.Classes)))];
    }

    /// <summary>Images with the labels that a network gives them.</summary>
    public static DeviceImages AsSeenBy(Classifier model, Device device, Shape image, float[] pixels) =>
        Images(device, image, pixels, Predictions(model, device, Images(device, image, pixels)));

    /// <summary>DeepFool on all images: what was found and the perturbations.</summary>
    public static (DeepFoolResult Result, float[] R) DeepFool(Classifier model, Device device, Shape image, float[] pixels, DeepFoolSettings settings)
    {
        var images = Images(device, image, pixels);
        var r = new float[pixels.Length];
        using var attack = new DeepFool(model, device, images, [.. Enumerable.Range(0, images.Count)], settings, r);
        return (attack.Run()!, r);
    }
}

using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Robustness;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Tests.Robustness;

/// <summary>DeepFool in batches against DeepFool on one image in double precision, and against closed forms.</summary>
internal sealed class DeepFoolTests
{
    private static readonly Shape Image = new(4, 4, 1);

    private static IEnumerable<TestCaseData> Networks =>
        from device in TestDevices.Names
        from network in new (Head Head, int Latents, int Classes, int Images)[]
        {
            (Head.Linear, 16, 12, 24), (Head.Linear, 3, 12, 24), (Head.NonLinear, 4, 10, 24), (Head.None, 0, 12, 24), (Head.Linear, 2, 3, 3),
        }
        where device != "emulator" || network.Images == 3 // which takes 25 ms for each product
        select new TestCaseData(device, network.Head, network.Latents, network.Classes, network.Images);

    [TestCaseSource(nameof(Networks))]
    public void A_batch_gives_each_image_the_perturbation_steps_and_labels_of_the_formulae(string name, Head head, int latents, int classes, int images)
    {
        var device = TestDevices.Get(name);
        var model = Attacks.Model(device, "mlp", 1, head, latents, classes, Image, scale: 3);
        var pixels = Attacks.Pixels(images * Image.Count);
        var (result, r) = Attacks.DeepFool(model, device, Image, pixels, new DeepFoolSettings(Batch: 7));
        var reference = new MlpReference(model, head);
        for (var i = 0; i < images; i++)
        {
            var x = Array.ConvertAll(pixels[(i * Image.Count)..((i + 1) * Image.Count)], pixel => (double)pixel);
            var expected = DeepFoolReference.Run(reference.At, x);
            var actual = result.Images[i];
            Assert.That((actual.Image, actual.Iterations, actual.Label, actual.FinalLabel), Is.EqualTo((i, expected.Iterations, expected.Label, expected.FinalLabel)), $"image {i}");
            Assert.That(RelativeError.Of(r.AsSpan(i * Image.Count, Image.Count), expected.R), Is.LessThan(1e-4), $"image {i}");
            Assert.That(actual.Norm, Is.EqualTo(Norm(expected.R)).Within(1e-4).Percent.Or.EqualTo(Norm(expected.R)).Within(1e-5 * Norm(x)));
            Assert.That(actual.InputNorm, Is.EqualTo(Norm(x)).Within(1e-5).Percent);
            Assert.That(actual.End, Is.EqualTo(DeepFoolEnd.Fooled));
        }
        if (images > 3) Assert.That(result.Images.Select(image => image.Iterations).Distinct().Count(), Is.GreaterThan(1), "images end at different steps");
        AssertMeans(result);
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void An_affine_classifier_is_fooled_by_the_distance_to_its_nearest_boundary(string name)
    {
        const float Offset = 0.25f;
        const int Classes = 5;
        var device = TestDevices.Get(name);
        var d = Image.Count;
        var (model, weight) = Attacks.Affine(device, Image, Classes, Offset);
        var images = name == "emulator" ? 2 : 9;
        var pixels = Array.ConvertAll(Attacks.Pixels(images * d), pixel => Math.Clamp(pixel, -2, 2));
        var (result, r) = Attacks.DeepFool(model, device, Image, pixels, new DeepFoolSettings(Batch: 4) { ThroughLatents = false });
        for (var n = 0; n < images; n++)
        {
            var f = Enumerable.Range(0, Classes).Select(k => Enumerable.Range(0, d).Sum(j => (double)weight[j * Classes + k] * (pixels[n * d + j] + Offset))).ToArray();
            var label = Array.IndexOf(f, f.Max());
            var distances = Enumerable.Range(0, Classes).Where(k => k != label).Select(k =>
                (f[label] - f[k]) / Math.Sqrt(Enumerable.Range(0, d).Sum(j => Math.Pow((double)weight[j * Classes + k] - weight[j * Classes + label], 2))));
            Assert.That(result.Images[n].Norm, Is.EqualTo(1.02 * (distances.Min() + 1e-4)).Within(2e-5), $"image {n}");
            Assert.That((result.Images[n].Iterations, result.Images[n].Label), Is.EqualTo((1, label)));
            Assert.That(Norm(Array.ConvertAll(r[(n * d)..((n + 1) * d)], value => (double)value)), Is.EqualTo(result.Images[n].Norm).Within(1e-6));
        }
    }

    private static IEnumerable<TestCaseData> Batched =>
        from device in TestDevices.Names
        where device != "emulator"
        from backbone in new[] { "resnet18", "resnet50", "mlp" }
        select new TestCaseData(device, backbone);

    [TestCaseSource(nameof(Batched))]
    public void The_size_of_a_batch_does_not_change_a_bit(string name, string backbone)
    {
        const int Images = 11;
        var device = TestDevices.Get(name);
        var image = new Shape(8, 8, 3);
        var model = Attacks.Model(device, backbone, backbone == "mlp" ? 1 : 4, Head.Linear, 12, 10, image, scale: 2);
        var pixels = Attacks.Pixels(Images * image.Count);
        var (together, r) = Attacks.DeepFool(model, device, image, pixels, new DeepFoolSettings(Images));
        Assert.That(together.Images.Select(result => result.Iterations).Distinct().Count(), Is.GreaterThan(1), "images end at different steps");
        foreach (var batch in new[] { 1, 3, 8 })
        {
            var (parts, rOfParts) = Attacks.DeepFool(model, device, image, pixels, new DeepFoolSettings(batch));
            Assert.That(parts.Images, Is.EqualTo(together.Images), $"batch {batch}");
            Assert.That(rOfParts, Is.EqualTo(r), $"batch {batch}");
        }
    }

    [Test]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        var image = new Shape(8, 8, 3);
        var pixels = Attacks.Pixels(6 * image.Count);
        float[]? first = null;
        foreach (var threads in new[] { 1, 2, 3 })
        {
            using var device = new CpuDevice(threads);
            var (_, r) = Attacks.DeepFool(Attacks.Model(device, "resnet18", 4, Head.Linear, 12, 10, image, scale: 2), device, image, pixels, new DeepFoolSettings(4));
            Assert.That(r, Is.EqualTo(first ??= r));
        }
    }

    [TestCaseSource(nameof(Batched))]
    public void The_route_through_the_latents_gives_the_same_as_a_gradient_for_each_class(string name, string backbone)
    {
        const int Images = 8;
        var device = TestDevices.Get(name);
        var image = new Shape(8, 8, 3);
        foreach (var (head, latents) in new[] { (Head.Linear, 4), (Head.NonLinear, 5), (Head.Linear, 30) })
        {
            var model = Attacks.Model(device, backbone, backbone == "mlp" ? 1 : 4, head, latents, 12, image, scale: 2);
            var pixels = Attacks.Pixels(Images * image.Count);
            var (direct, r) = Attacks.DeepFool(model, device, image, pixels, new DeepFoolSettings(5) { ThroughLatents = false });
            var (low, rOfLow) = Attacks.DeepFool(model, device, image, pixels, new DeepFoolSettings(5) { ThroughLatents = true });
            Assert.That(low.Images.Select(Outcome), Is.EqualTo(direct.Images.Select(Outcome)));
            Assert.That(RelativeError.Of(rOfLow, Array.ConvertAll(r, value => (double)value)), Is.LessThan(1e-4), $"{head} {latents}");
        }

        static (int, int, int) Outcome(DeepFoolImage result) => (result.Iterations, result.Label, result.FinalLabel);
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void Images_without_a_gradient_or_with_numbers_that_are_none_are_counted_and_left_out(string name)
    {
        var device = TestDevices.Get(name);
        var model = Attacks.Model(device, "mlp", 1, Head.Linear, 2, 3, Image, scale: 3);
        // A hidden unit sees a pixel or nothing; at −1000 Swish and its slope are zero.
        Attacks.Set(model, "layers.0.weight", i => i / 64 == i % 64 ? 1 : 0);
        Attacks.Set(model, "layers.0.bias", _ => 0);
        var pixels = Attacks.Pixels(5 * Image.Count);
        pixels.AsSpan(1 * Image.Count, Image.Count).Fill(-1000);
        pixels[2 * Image.Count + 3] = float.NaN;
        pixels.AsSpan(3 * Image.Count, Image.Count).Clear();
        var (result, _) = Attacks.DeepFool(model, device, Image, pixels, new DeepFoolSettings(3));
        Assert.That(result.Images.Select(image => image.End == DeepFoolEnd.NonFinite), Is.EqualTo(new[] { false, true, true, true, false }));
        Assert.That(result.NonFinite, Is.EqualTo(3));
        Assert.That(result.Relative, Is.EqualTo((result.Images[0].Relative + result.Images[4].Relative) / 2).Within(1e-12));
        Assert.That(result.Median, Is.EqualTo(result.Relative).Within(1e-12), "of two");
        Assert.That(result.Fooled, Is.EqualTo(result.Images.Count(image => image.End == DeepFoolEnd.Fooled) / 5.0));
        AssertMeans(result);
    }

    [Test]
    public void A_classifier_that_ignores_its_input_has_no_mean()
    {
        var device = TestDevices.Get("cpu");
        var model = Attacks.Model(device, "mlp", 1, Head.None, 0, 10, Image);
        Attacks.Set(model, "fc.weight", _ => 0);
        var (result, _) = Attacks.DeepFool(model, device, Image, Attacks.Pixels(4 * Image.Count), new DeepFoolSettings(3));
        Assert.That((result.NonFinite, result.Fooled), Is.EqualTo((4, 0.0)));
        Assert.That(new[] { result.Relative, result.Absolute, result.Median }, Is.All.NaN);
    }

    [Test]
    public void Perturbations_are_measured_in_pixels_and_over_the_images_that_the_network_is_right_about_as_well()
    {
        const int Count = 12;
        var device = TestDevices.Get("cpu");
        var image = new Shape(2, 4, 2);
        float[] mean = [0.4f, 0.5f], deviation = [0.2f, 0.3f];
        var model = Attacks.Model(device, "mlp", 1, Head.Linear, 16, 4, image, scale: 3);
        var bytes = Enumerable.Range(0, Count * image.Count).Select(i => (byte)(i * 89 % 256)).ToArray();
        var images = new DeviceImages(device, new ImageSet(Count, 2, 4, 2, bytes, null, new int[Count]), mean, deviation);
        var right = Attacks.Predictions(model, device, images);
        // Half of the labels are those that are predicted.
        var labels = right.Select((label, i) => i % 2 == 0 ? label : (label + 1) % 4).ToArray();
        images = new DeviceImages(device, new ImageSet(Count, 2, 4, 2, bytes, null, labels), mean, deviation);
        var r = new float[bytes.Length];
        using var attack = new DeepFool(model, device, images, [.. Enumerable.Range(0, Count)], new DeepFoolSettings(5), r);
        var result = attack.Run()!;
        Assert.That(result.Images.Select(image => image.IsCorrect), Is.EqualTo(Enumerable.Range(0, Count).Select(i => i % 2 == 0)));
        Assert.That(result.RelativeCorrect, Is.EqualTo(result.Images.Where((_, i) => i % 2 == 0).Average(image => image.Relative)).Within(1e-12));
        for (var n = 0; n < Count; n++)
        {
            var pixels = Enumerable.Range(0, image.Count).Select(i => (double)r[n * image.Count + i] * deviation[i % 2]).ToArray();
            Assert.That(result.Images[n].PixelNorm, Is.EqualTo(Norm(pixels)).Within(1e-5).Percent);
        }
        Assert.That(result.Pixel, Is.EqualTo(result.Images.Average(image => image.PixelNorm)).Within(1e-12));
    }

    [Test]
    public void An_image_that_withstands_all_steps_counts_as_it_stands()
    {
        var device = TestDevices.Get("cpu");
        var model = Attacks.Model(device, "mlp", 1, Head.Linear, 16, 12, Image, scale: 3);
        var pixels = Attacks.Pixels(12 * Image.Count);
        var (whole, _) = Attacks.DeepFool(model, device, Image, pixels, new DeepFoolSettings(5));
        var (short1, _) = Attacks.DeepFool(model, device, Image, pixels, new DeepFoolSettings(5) { Iterations = 1 });
        for (var i = 0; i < 12; i++)
        {
            Assert.That(short1.Images[i].End, Is.EqualTo(whole.Images[i].Iterations == 1 ? DeepFoolEnd.Fooled : DeepFoolEnd.Withstood));
            Assert.That(short1.Images[i].Iterations, Is.EqualTo(1));
        }
        Assert.That(short1.Fooled, Is.InRange(0.01, 0.99));
        Assert.That(short1.NonFinite, Is.Zero);
        AssertMeans(short1);
    }

    [Test]
    public void A_cancelled_attack_ends_after_a_step_and_the_classifier_trains_on_as_before()
    {
        var device = TestDevices.Get("cpu");
        var model = Attacks.Model(device, "resnet18", 4, Head.Linear, 12, 10, new(8, 8, 3));
        model.Training = true;
        var images = Attacks.Images(device, new(8, 8, 3), Attacks.Pixels(6 * 192));
        using var source = new CancellationTokenSource();
        using (var attack = new DeepFool(model, device, images, [0, 1, 2, 3, 4, 5], new DeepFoolSettings(1)))
        {
            Assert.That(model.Training, Is.False);
            Assert.That(model.Parameters().Any(parameter => parameter.Tensor.TracksGradient), Is.False);
            var told = 0;
            Assert.That(attack.Run(_ =>
            {
                told++;
                source.Cancel();
            }, source.Token), Is.Null);
            Assert.That(told, Is.EqualTo(1));
        }
        Assert.That(model.Training, Is.True);
        Assert.That(model.Parameters().All(parameter => parameter.Tensor.TracksGradient), Is.True);
    }

    [Test]
    public void The_chosen_images_are_different_ones_at_random_and_fewer_are_a_part_of_more()
    {
        var many = AttackedImages.Choose(1000, 10_000, seed: 1);
        Assert.That(many, Has.Length.EqualTo(1000).And.Unique.And.All.InRange(0, 9999));
        Assert.That(AttackedImages.Choose(100, 10_000, seed: 1), Is.EqualTo(many[..100]));
        Assert.That(AttackedImages.Choose(100, 10_000, seed: 2), Is.Not.EqualTo(many[..100]));
        Assert.That(AttackedImages.Choose(1000, 30, seed: 1), Is.EquivalentTo(Enumerable.Range(0, 30)));
        Assert.That(many.Average(), Is.EqualTo(5000).Within(4 * 2887 / Math.Sqrt(1000)));
    }

    private static void AssertMeans(DeepFoolResult result)
    {
        var counted = result.Images.Where(image => image.End != DeepFoolEnd.NonFinite).ToArray();
        Assert.That(result.Relative, Is.EqualTo(counted.Average(image => image.Norm / image.InputNorm)).Within(1e-12));
        Assert.That(result.Absolute, Is.EqualTo(counted.Average(image => image.Norm)).Within(1e-12));
        Assert.That(counted.Count(image => image.Relative <= result.Median), Is.EqualTo(counted.Length / 2.0).Within(0.5));
    }

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(value => value * value));
}

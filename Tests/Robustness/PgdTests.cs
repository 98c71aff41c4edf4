using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Robustness;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Tests.Robustness;

/// <summary>Projected gradient ascent against closed forms, and what holds of it for any network.</summary>
internal sealed class PgdTests
{
    private static readonly Shape Small = new(2, 4, 2), Coloured = new(8, 8, 3);

    private static IEnumerable<TestCaseData> Affine =>
        from device in TestDevices.Names
        from norm in Enum.GetValues<PerturbationNorm>()
        from bounded in new[] { false, true }
        where device != "emulator" // which takes minutes for it
        select new TestCaseData(device, norm, bounded);

    [TestCaseSource(nameof(Affine))]
    public void An_affine_classifier_is_fooled_from_the_distance_of_its_boundary_on(string name, PerturbationNorm norm, bool bounded)
    {
        const float Offset = 0.25f;
        float[] mean = [0.5f, 0.4f], deviation = [0.25f, 0.35f];
        var device = TestDevices.Get(name);
        var count = name == "emulator" ? 2 : 24;
        var d = Small.Count;
        var (model, w) = Attacks.Affine(device, Small, 2, Offset);
        var bytes = Enumerable.Range(0, count * d).Select(i => (byte)(Math.Abs(Math.Sin(i * 12.9898) * 43758.5453) % 1 * 256)).ToArray();
        var images = Bytes(device, Small, bytes, mean, deviation, null);
        var labels = Attacks.Predictions(model, device, images);
        images = Bytes(device, Small, bytes, mean, deviation, labels);

        var distances = new double[count];
        for (var n = 0; n < count; n++)
        {
            var (y, k) = (labels[n], 1 - labels[n]);
            var p = Enumerable.Range(0, d).Select(i => bytes[n * d + i] / 255.0).ToArray();
            // The margin is m + a·δ for a perturbation δ of the pixels.
            var a = Enumerable.Range(0, d).Select(i => (w[i * 2 + k] - w[i * 2 + y]) / deviation[i % 2]).ToArray();
            var m = Enumerable.Range(0, d).Sum(i => ((p[i] - mean[i % 2]) / deviation[i % 2] + Offset) * (w[i * 2 + y] - w[i * 2 + k]));
            Func<double, double> reached = size => Enumerable.Range(0, d).Sum(i =>
            {
                var step = norm == PerturbationNorm.L2 ? size * a[i] : size * Math.Sign(a[i]);
                return a[i] * (bounded ? Math.Clamp(step, -p[i], 1 - p[i]) : step);
            });
            if (reached(1e6) < m)
            {
                distances[n] = -1; // no image at all is on the other side
                continue;
            }
            var (low, high) = (0.0, 1e6);
            for (var i = 0; i < 100; i++)
            {
                var middle = (low + high) / 2;
                if (reached(middle) < m) low = middle;
                else high = middle;
            }
            // The shortest way is along a, cut where it leaves the bounds.
            distances[n] = norm == PerturbationNorm.Linf ? high
                : Math.Sqrt(Enumerable.Range(0, d).Sum(i => Math.Pow(bounded ? Math.Clamp(high * a[i], -p[i], 1 - p[i]) : high * a[i], 2)));
            if (bounded) continue;
            var length = norm == PerturbationNorm.L2 ? Math.Sqrt(a.Sum(value => value * value)) : a.Sum(Math.Abs);
            Assert.That(distances[n], Is.EqualTo(m / length).Within(1e-6 * distances[n]), "the closed form");
        }
        var steps = name == "emulator" ? 12 : 60;
        foreach (var loss in Enum.GetValues<AttackLoss>())
        {
            var settings = new PgdSettings(5, norm, name == "emulator" ? [0.9, 1.1] : [0.98, 1.02], [new(loss, steps, 0)], 1, 3) { Bounded = bounded, Reach = steps / 5.0 };
            using var attack = new Pgd(model, device, images, [.. Enumerable.Range(0, count)], settings, Array.ConvertAll(distances, value => value < 0 ? 100 : value));
            var result = attack.Run()!;
            Assert.That(result.Correct, Is.All.True);
            Assert.That(Enumerable.Range(0, count).Select(n => result.Found[n, 0]), Is.EqualTo(distances.Select(value => value < 0 ? 2 : 1)), $"{loss}");
        }
        if (bounded && name != "emulator") Assert.That(distances.Count(value => value > 0), Is.GreaterThan(5), "some can be fooled");
    }

    private static IEnumerable<TestCaseData> Networks =>
        from device in TestDevices.Names
        where device != "emulator"
        from norm in Enum.GetValues<PerturbationNorm>()
        select new TestCaseData(device, norm);

    [TestCaseSource(nameof(Networks))]
    public void What_fools_a_network_is_within_ball_and_bounds_and_misclassified(string name, PerturbationNorm norm)
    {
        const int Count = 14;
        var device = TestDevices.Get(name);
        var (model, images, bytes) = Photographs(device, Count);
        var perturbations = new float[Count * Coloured.Count];
        var settings = Settings(norm, batch: 5);
        using var attack = new Pgd(model, device, images, [.. Enumerable.Range(0, Count)], settings, perturbations: perturbations);
        var result = attack.Run()!;
        Assert.That(result.Correct, Is.All.True);
        var (found, moved) = (0, new float[perturbations.Length]);
        for (var n = 0; n < Count; n++)
        {
            var best = Enumerable.Range(0, settings.Trials.Length).Min(trial => result.Found[n, trial]);
            if (best == settings.Radii.Length) continue;
            found++;
            var delta = perturbations[(n * Coloured.Count)..((n + 1) * Coloured.Count)];
            var size = norm == PerturbationNorm.L2 ? FloatVectors.Norm(delta) : delta.Max(Math.Abs);
            Assert.That(size, Is.LessThanOrEqualTo(settings.Radii[best] * (1 + 1e-6)));
            Assert.That(delta.Select((value, i) => bytes[n * Coloured.Count + i] / 255.0 + value), Is.All.InRange(-1e-6, 1 + 1e-6));
        }
        Assert.That(found, Is.InRange(3, Count), "the test is of something");
        for (var i = 0; i < moved.Length; i++) moved[i] = (bytes[i] / 255f + perturbations[i] - Mean[i % 3]) / Deviation[i % 3];
        var labels = Attacks.Predictions(model, device, Attacks.Images(device, Coloured, moved));
        Assert.That(labels.Where((label, i) => label != images.Labels[i]).Count(), Is.EqualTo(found));

        // What the rates say follows from what was found.
        for (var radius = 0; radius < settings.Radii.Length; radius++)
        {
            Assert.That(result.FooledByAny(radius), Is.GreaterThanOrEqualTo(result.Fooled(radius)));
            if (radius > 0) Assert.That(result.Fooled(radius), Is.GreaterThanOrEqualTo(result.Fooled(radius - 1)));
        }
        Assert.That(new[] { result.RestartsGain, result.StepsGain, result.MarginGain }, Is.All.InRange(0.0, 1.0));
        Assert.That(result.ZeroGradient, Is.Zero);
    }

    [TestCaseSource(nameof(Networks))]
    public void The_size_of_a_batch_and_the_choice_of_images_do_not_change_a_bit(string name, PerturbationNorm norm)
    {
        const int Count = 9;
        var device = TestDevices.Get(name);
        var (model, images, _) = Photographs(device, Count);
        var whole = Run(norm, Count, [.. Enumerable.Range(0, Count)]);
        foreach (var batch in new[] { 1, 4 })
        {
            var part = Run(norm, batch, [.. Enumerable.Range(0, Count)]);
            Assert.That(part.Result.Found, Is.EqualTo(whole.Result.Found));
            Assert.That(part.Result.CleanGradients, Is.EqualTo(whole.Result.CleanGradients));
            Assert.That(part.Perturbations, Is.EqualTo(whole.Perturbations), $"batch {batch}");
        }
        var two = Run(norm, 2, [7, 2]);
        Assert.That(two.Perturbations, Is.EqualTo((float[])[.. Of(7), .. Of(2)]));

        float[] Of(int image) => whole.Perturbations[(image * Coloured.Count)..((image + 1) * Coloured.Count)];

        (PgdResult Result, float[] Perturbations) Run(PerturbationNorm norm, int batch, int[] chosen)
        {
            var perturbations = new float[chosen.Length * Coloured.Count];
            using var attack = new Pgd(model, device, images, chosen, Settings(norm, batch), perturbations: perturbations);
            return (attack.Run()!, perturbations);
        }
    }

    [Test]
    public void Any_number_of_threads_gives_the_same_bits([Values] PerturbationNorm norm)
    {
        const int Count = 6;
        float[]? first = null;
        foreach (var threads in new[] { 1, 2, 3 })
        {
            using var device = new CpuDevice(threads);
            var (model, images, _) = Photographs(device, Count);
            var perturbations = new float[Count * Coloured.Count];
            using var attack = new Pgd(model, device, images, [.. Enumerable.Range(0, Count)], Settings(norm, 4), perturbations: perturbations);
            attack.Run();
            Assert.That(perturbations, Is.EqualTo(first ??= perturbations));
        }
    }

    [TestCaseSource(nameof(Networks))]
    public void Devices_agree(string name, PerturbationNorm norm)
    {
        const int Count = 14;
        var (device, cpu) = (TestDevices.Get(name), TestDevices.Get("cpu"));
        var (here, there) = (Attack(device), Attack(cpu));
        var trials = here.Settings.Trials.Length;
        var differences = Enumerable.Range(0, Count * trials).Count(i => here.Found[i / trials, i % trials] != there.Found[i / trials, i % trials]);
        Assert.That(differences, Is.LessThanOrEqualTo(1), "but for an image that is just about at a radius");
        for (var i = 0; i < Count; i++) Assert.That(here.CleanGradients[i], Is.EqualTo(there.CleanGradients[i]).Within(0.1).Percent);

        PgdResult Attack(Device on)
        {
            var (model, images, _) = Photographs(on, Count);
            using var attack = new Pgd(model, on, images, [.. Enumerable.Range(0, Count)], Settings(norm, 5));
            return attack.Run()!;
        }
    }

    [Test]
    public void Images_misclassified_as_they_are_count_at_every_radius_and_ones_without_numbers_with_them()
    {
        var device = TestDevices.Get("cpu");
        var (model, _) = Attacks.Affine(device, Small, 2, 0.25f);
        var pixels = Attacks.Pixels(4 * Small.Count);
        pixels[2 * Small.Count + 1] = float.NaN;
        var labels = Attacks.Predictions(model, device, Attacks.Images(device, Small, pixels));
        Assert.That(labels[2], Is.EqualTo(-1));
        labels[2] = 0;
        labels[1] = 1 - labels[1];
        using var attack = new Pgd(model, device, Attacks.Images(device, Small, pixels, labels), [0, 1, 2, 3], Settings(PerturbationNorm.L2, 3) with { Radii = [1e-6, 100] });
        var result = attack.Run()!;
        Assert.That(result.Correct, Is.EqualTo(new[] { true, false, false, true }));
        Assert.That((result.CleanError, result.Fooled(0), result.Fooled(1), result.FooledByAny(0)), Is.EqualTo((0.5, 0.5, 1.0, 0.5)));
    }

    [Test]
    public void A_cancelled_attack_has_no_result()
    {
        var device = TestDevices.Get("cpu");
        var (model, images, _) = Photographs(device, 3);
        using var attack = new Pgd(model, device, images, [0, 1, 2], Settings(PerturbationNorm.L2, 2));
        Assert.That(attack.Run(cancelled: new CancellationToken(true)), Is.Null);
    }

    private static readonly float[] Mean = [0.5f, 0.45f, 0.4f], Deviation = [0.25f, 0.2f, 0.3f];

    private static PgdSettings Settings(PerturbationNorm norm, int batch) =>
        new(batch, norm, norm == PerturbationNorm.L2 ? [0.02, 0.1, 0.3] : [1 / 255.0, 4 / 255.0, 8 / 255.0], PgdSettings.WithChecks(steps: 6, restarts: 2), 2, Seed: 5);

    private static (Classifier Model, DeviceImages Images, byte[] Bytes) Photographs(Device device, int count)
    {
        var model = Attacks.Model(device, "resnet18", 4, Head.Linear, 12, 10, Coloured, scale: 2);
        var random = new Random(8);
        var bytes = new byte[count * Coloured.Count];
        random.NextBytes(bytes);
        for (var i = 0; i < bytes.Length; i += 5) bytes[i] = (byte)(i % 2 * 255); // black and white ones, which have bounds
        var labels = Attacks.Predictions(model, device, Bytes(device, Coloured, bytes, Mean, Deviation, null));
        return (model, Bytes(device, Coloured, bytes, Mean, Deviation, labels), bytes);
    }

    private static DeviceImages Bytes(Device device, Shape image, byte[] bytes, float[] mean, float[] deviation, int[]? labels)
    {
        var count = bytes.Length / image.Count;
        return new(device, new ImageSet(count, image[0], image[1], image[2], bytes, null, labels ?? new int[count]), mean, deviation);
    }
}

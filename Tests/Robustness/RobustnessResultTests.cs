using System.Text.Json.Nodes;
using LpcEngine.Experiments.Data;
using LpcEngine.Experiments.Robustness;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Tests.Robustness;

/// <summary>All measurements of robustness together, random noise, and the check for masked gradients.</summary>
internal sealed class RobustnessResultTests
{
    private const int Count = 20;

    private static readonly Shape Image = new(4, 4, 1);

    private static IEnumerable<string> Devices => TestDevices.Names.Where(name => name != "emulator");

    [TestCaseSource(nameof(Devices))]
    public void A_network_that_hides_its_gradients_is_flagged_and_the_same_one_that_does_not_is_not(string name)
    {
        var device = TestDevices.Get(name);
        var model = Attacks.Model(device, "mlp", 1, Head.Linear, 16, 10, Image, scale: 3);
        var images = Attacks.AsSeenBy(model, device, Image, Attacks.Pixels(Count * Image.Count));
        var (deepFool, plain) = Measure(model, device, images);
        Assert.That(plain.Masking, Has.Property(nameof(GradientMasking.Flag)).False, $"{plain.Masking}");
        Assert.That(plain.Masking.ZeroGradient, Is.Zero);
        Assert.That(plain.Masking.BelowDeepFool, Is.InRange(0.0, 1.0));
        Assert.That(plain.L2.Fooled(2), Is.GreaterThan(0.8), "the attack works");

        // Softmax in floats is 0 or 1 now. No image is any nearer to a boundary or farther from it.
        model.LastWeight.CopyFrom<float>(Array.ConvertAll(model.LastWeight.ToFloats(), value => 1e6f * value));
        var (again, masked) = Measure(model, device, images);
        Assert.That(again.Absolute, Is.EqualTo(deepFool.Absolute).Within(0.1).Percent);
        Assert.That(masked.Masking.Flag, Is.True);
        Assert.That(masked.Masking.ZeroGradient, Is.GreaterThan(0.9));
        Assert.That(masked.Masking.MarginGain, Is.GreaterThan(0.5));
        Assert.That(masked.L2.Fooled(2), Is.LessThan(0.5));
        for (var radius = 0; radius < 3; radius++)
            Assert.That(masked.L2.FooledByAny(radius), Is.EqualTo(plain.L2.FooledByAny(radius)).Within(0.11), "the strongest attack sees through it");
    }

    [Test]
    public void What_is_measured_is_the_same_for_any_batch_and_the_summary_has_all_of_it()
    {
        var device = TestDevices.Get("cpu");
        var model = Attacks.Model(device, "mlp", 1, Head.Linear, 16, 10, Image, scale: 3);
        var images = Attacks.AsSeenBy(model, device, Image, Attacks.Pixels(Count * Image.Count));
        JsonObject? first = null;
        foreach (var batch in new[] { 3, 7, 64 })
        {
            var (train, test) = (new JsonObject(), new JsonObject());
            var (deepFool, others) = Measure(model, device, images, batch);
            RobustnessSummary.Add(test, deepFool);
            RobustnessSummary.Add(train, test, others);
            Assert.That(test.ToJsonString(), Is.EqualTo((first ??= test).ToJsonString()));
            Assert.That(train.Select(pair => pair.Key), Is.All.StartsWith("lipschitz_"));
        }
        Assert.That(Plan.IsMetBy(first!["pgd"] as JsonObject), Is.True);
        foreach (var other in new[] { Plan with { Images = 3 }, Plan with { Steps = 9 }, Plan with { Restarts = 1 }, Plan with { L2 = Plan.Linf } })
            Assert.That(other.IsMetBy(first["pgd"] as JsonObject), Is.False);
        Assert.That(Plan.IsMetBy(null), Is.False);
        var read = PgdPlan.Of(PgdOptions.Read(JsonNode.Parse(Plan.ToJson().ToJsonString())), 7, Count)!;
        Assert.That(read.ToJson().ToJsonString(), Is.EqualTo(Plan.ToJson().ToJsonString()), "config.json gives the plan back");
        foreach (var wrong in new[] { "3", "{\"steps\":0}", "{\"images\":-1}", "{\"images\":\"many\"}", "{\"l2\":[\"x\"]}" })
            Assert.Throws<UserErrorException>(() => PgdOptions.Read(JsonNode.Parse(wrong)), wrong);
    }

    [Test]
    public void Noise_costs_an_affine_classifier_what_the_normal_distribution_says()
    {
        const int Images = 3000;
        var device = TestDevices.Get("cpu");
        var (model, w) = Attacks.Affine(device, Image, 2, 0.25f);
        var normal = Enumerable.Range(0, Image.Count).Select(j => (double)w[2 * j] - w[2 * j + 1]).ToArray();
        var length = Math.Sqrt(normal.Sum(value => value * value));
        // At a distance of 0.1 from the boundary.
        var offset = normal.Sum() * 0.25;
        var pixel = Array.ConvertAll(normal, value => (float)(value / length * (0.1 - offset / length)));
        var pixels = Enumerable.Repeat(pixel, Images).SelectMany(values => values).ToArray();
        var images = Attacks.AsSeenBy(model, device, Image, pixels);
        int[] all = [.. Enumerable.Range(0, Images)];
        var noise = RandomNoise.Run(model, device, images, all, Radius.Known("0.09,0.2"), 256, seed: 1);
        double[] expected = [1, 0.9772, 0.8413, 0.6915]; // Φ(0.1/σ) with σ = 0.02, 0.05, 0.1, 0.2
        for (var i = 0; i < expected.Length; i++)
            Assert.That(noise.Gaussian[i].Accuracy, Is.EqualTo(expected[i]).Within(4 * Math.Sqrt(expected[i] * (1 - expected[i]) / (3 * Images)) + 1e-4), noise.Gaussian[i].Size.Text);
        Assert.That(noise.OnSphere[0].Accuracy, Is.EqualTo(1), "no noise shorter than the distance crosses the boundary");
        // Of noise of twice the distance, what points to within 60° of the boundary's normal: P(t > 1/2) for a coordinate t of the sphere of 16 dimensions.
        Assert.That(noise.OnSphere[1].Accuracy, Is.EqualTo(1 - 0.0196).Within(0.006));
        var few = RandomNoise.Run(model, device, images, all[..50], Radius.Known("0.2"), 7, seed: 1);
        Assert.That(few.Gaussian, Is.EqualTo(RandomNoise.Run(model, device, images, all[..50], Radius.Known("0.2"), 50, seed: 1).Gaussian));
    }

    [Test]
    public void Noise_stays_within_the_bounds_of_pixels()
    {
        // The true class is where no pixel is above 1: an affine classifier that sees only whether the sum of all is above the largest possible one.
        var device = TestDevices.Get("cpu");
        var (model, _) = Attacks.Affine(device, Image, 2, 0);
        Attacks.Set(model, "fc.weight", i => i % 2 == 0 ? 1 : -1);
        Attacks.Set(model, "penultimate.bias", _ => -20 - 1.001f);
        var white = Enumerable.Repeat((byte)255, 5 * Image.Count).ToArray();
        var images = new DeviceImages(device, new ImageSet(5, 4, 4, 1, white, null, [1, 1, 1, 1, 1]), [0], [1]);
        var noise = RandomNoise.Run(model, device, images, [0, 1, 2, 3, 4], Radius.Known("0.5,3"), 5, seed: 1);
        Assert.That(noise.OnSphere.Concat(noise.Gaussian).Select(pair => pair.Accuracy), Is.All.EqualTo(1));
    }

    private static readonly PgdPlan Plan = new(Count, 10, 2, Radius.Known("0.05,0.25,1"), Radius.Known("1/255,0.1,0.5"));

    private static (DeepFoolResult DeepFool, RobustnessResult Others) Measure(Classifier model, Device device, DeviceImages images, int batch = 8)
    {
        using var attack = new DeepFool(model, device, images, AttackedImages.Choose(Count, images.Count, seed: 2), new DeepFoolSettings(batch));
        var deepFool = attack.Run()!;
        return (deepFool, RobustnessResult.Take(model, device, images, images, Plan, batch, seed: 2, deepFool));
    }
}

using LpcEngine.Experiments.Robustness;
using LpcEngine.Models;

namespace LpcEngine.Tests.Robustness;

/// <summary>Norms of input gradients against closed forms and a network in double precision.</summary>
internal sealed class InputGradientTests
{
    private static readonly Shape Image = new(4, 4, 1);

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Names))]
    public void Those_of_an_affine_classifier_are_the_distances_of_its_weights(string name)
    {
        const int Classes = 5;
        var device = TestDevices.Get(name);
        var (model, w) = Attacks.Affine(device, Image, Classes, 0.25f);
        var count = name == "emulator" ? 3 : 11;
        var (pixels, d) = (Array.ConvertAll(Attacks.Pixels(count * Image.Count), pixel => Math.Clamp(pixel, -2, 2)), Image.Count);
        var labels = Enumerable.Range(0, count).Select(n => n % Classes).ToArray();
        var result = InputGradients.Of(model, device, Attacks.Images(device, Image, pixels, labels), [.. Enumerable.Range(0, count)], 4);
        for (var n = 0; n < count; n++)
        {
            var f = Enumerable.Range(0, Classes).Select(k => Enumerable.Range(0, d).Sum(j => w[j * Classes + k] * (pixels[n * d + j] + 0.25))).ToArray();
            var other = Enumerable.Range(0, Classes).Where(k => k != labels[n]).MaxBy(k => f[k]);
            var expected = Math.Sqrt(Enumerable.Range(0, d).Sum(j => Math.Pow((double)w[j * Classes + labels[n]] - w[j * Classes + other], 2)));
            Assert.That(result.All[n].Norm, Is.EqualTo(expected).Within(1e-4 * expected));
            Assert.That(result.All[n].Margin, Is.EqualTo(f[labels[n]] - f[other]).Within(1e-4));
            Assert.That(result.All[n].MeanLogit, Is.EqualTo(f.Average(Math.Abs)).Within(1e-4));
        }
        Assert.That(result.Mean, Is.EqualTo(result.All.Average(image => image.Norm)).Within(1e-12));
        Assert.That(result.Max, Is.EqualTo(result.All.Max(image => image.Norm)));
        Assert.That(result.All.Count(image => image.Norm <= result.Median), Is.EqualTo(count / 2.0).Within(0.5));
        Assert.That((result.MeanNonzero, result.Zero, result.NonFinite), Is.EqualTo((result.Mean, 0, 0)));
    }

    private static IEnumerable<string> Devices => TestDevices.Names.Where(name => name != "emulator");

    [TestCaseSource(nameof(Devices))]
    public void Those_of_a_curved_network_are_those_of_its_formulae_and_scaled_logits_leave_the_scale_free_ones(string name)
    {
        const int Count = 13, Classes = 6;
        var device = TestDevices.Get(name);
        var model = Attacks.Model(device, "mlp", 1, Head.NonLinear, 7, Classes, Image, scale: 3);
        var reference = new MlpReference(model, Head.NonLinear);
        var pixels = Attacks.Pixels(Count * Image.Count);
        var labels = Enumerable.Range(0, Count).Select(n => n % Classes).ToArray();
        var images = Attacks.Images(device, Image, pixels, labels);
        int[] all = [.. Enumerable.Range(0, Count)];
        var result = InputGradients.Of(model, device, images, all, Count);
        for (var n = 0; n < Count; n++)
        {
            var (f, jacobian) = reference.At(Array.ConvertAll(pixels[(n * Image.Count)..((n + 1) * Image.Count)], pixel => (double)pixel));
            var other = Enumerable.Range(0, Classes).Where(k => k != labels[n]).MaxBy(k => f[k]);
            var expected = Math.Sqrt(Enumerable.Range(0, Image.Count).Sum(i => Math.Pow(jacobian[labels[n], i] - jacobian[other, i], 2)));
            Assert.That(result.All[n].Norm, Is.EqualTo(expected).Within(0.02).Percent);
        }
        foreach (var batch in new[] { 1, 5 }) Assert.That(InputGradients.Of(model, device, images, all, batch).All, Is.EqualTo(result.All), "any batch gives the same bits");

        model.LastWeight.CopyFrom<float>(Array.ConvertAll(model.LastWeight.ToFloats(), value => 8 * value));
        var scaled = InputGradients.Of(model, device, images, all, Count);
        Assert.That(scaled.Mean, Is.EqualTo(8 * result.Mean).Within(1e-4).Percent);
        Assert.That(scaled.Relative, Is.EqualTo(result.Relative).Within(1e-4).Percent);
        Assert.That(scaled.PerLogit, Is.EqualTo(result.PerLogit).Within(1e-4).Percent);
    }

    [Test]
    public void Vanishing_and_non_finite_ones_are_counted_and_the_means_say_what_they_leave_out()
    {
        var device = TestDevices.Get("cpu");
        var model = Attacks.Model(device, "mlp", 1, Head.Linear, 4, 3, Image, scale: 3);
        Attacks.Set(model, "layers.0.weight", i => i / 64 == i % 64 ? 1 : 0);
        Attacks.Set(model, "layers.0.bias", _ => 0);
        var pixels = Attacks.Pixels(4 * Image.Count);
        pixels.AsSpan(Image.Count, Image.Count).Fill(-1000); // there Swish and its slope are zero
        pixels[2 * Image.Count] = float.NaN;
        var result = InputGradients.Of(model, device, Attacks.Images(device, Image, pixels), [0, 1, 2, 3], 3);
        Assert.That((result.Zero, result.NonFinite, result.All[1].Norm), Is.EqualTo((1, 1, 0.0)));
        Assert.That(result.Mean, Is.EqualTo((result.All[0].Norm + result.All[3].Norm) / 3).Within(1e-12));
        Assert.That(result.MeanNonzero, Is.EqualTo((result.All[0].Norm + result.All[3].Norm) / 2).Within(1e-12));
        Assert.That(result.Relative, Is.Not.NaN);
    }
}

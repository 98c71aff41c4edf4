using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Tests.Experiments;

/// <summary>The paper's schedules against the checkpoints that its code's rules give.</summary>
public sealed class Schedules
{
    private static readonly Preset Paper = Preset.Named("paper");

    [TestCase(1, 0.01)]
    [TestCase(2, 0.01)]
    [TestCase(3, 0.0105)]
    [TestCase(50, 0.104)]
    [TestCase(100, 1.19)]
    [TestCase(150, 13.7)]
    [TestCase(200, 157)]
    [TestCase(250, 1.8e3)]
    [TestCase(300, 2.06e4)]
    [TestCase(350, 2.37e5)]
    [TestCase(379, 9.736e5)]
    [TestCase(380, 1e6)]
    [TestCase(800, 1e6)]
    public void Gamma_grows_by_five_percent_an_epoch_up_to_a_million(int epoch, double expected) =>
        Assert.That(Paper.Gamma.At(epoch), Is.EqualTo(expected).Within(0.005 * expected));

    [TestCase(1, 1)]
    [TestCase(250, 1)]
    [TestCase(251, 1)]
    [TestCase(300, 1)]
    [TestCase(301, 0.5)]
    [TestCase(350, 0.5)]
    [TestCase(351, 0.25)]
    [TestCase(750, 1.0 / 512)]
    [TestCase(751, 1.0 / 1024)]
    [TestCase(800, 1.0 / 1024)]
    public void The_rate_is_halved_every_fifty_epochs_from_301_on(int epoch, double multiplier) =>
        Assert.That(Paper.Rate.At(epoch), Is.EqualTo(multiplier * Paper.Rate.Base).Within(1e-15));

    [TestCase(1, 16, 0.1)]
    [TestCase(2, 17, 0.11)]
    [TestCase(40, 55, 0.49)]
    [TestCase(41, 56, 0.5)]
    [TestCase(42, 57, 0.5)]
    [TestCase(48, 63, 0.5)]
    [TestCase(49, 64, 0.5)]
    [TestCase(50, 64, 0.5)]
    [TestCase(800, 64, 0.5)]
    public void Arcfaces_scale_stands_still_from_49_on_and_its_margin_from_41(int epoch, double scale, double margin)
    {
        var schedule = MarginSchedule.Of(Margin.Angular)!;
        Assert.That(schedule.Scale.At(epoch), Is.EqualTo(scale));
        Assert.That(schedule.Margin.At(epoch), Is.EqualTo(margin).Within(1e-12));
    }

    [Test]
    public void Cosfaces_scale_and_margin_never_change([Values(1, 2, 49, 800)] int epoch)
    {
        var schedule = MarginSchedule.Of(Margin.Cosine)!;
        Assert.That((schedule.Scale.At(epoch), schedule.Margin.At(epoch)), Is.EqualTo((32.0, 0.25)));
    }

    /// <summary>What the paper's code does beyond the maximum: it stops only after passing it.</summary>
    [TestCase("paper", 380, 1.0222e6)]
    [TestCase("may2025", 285, 1.08944e6)]
    public void Without_the_clamp_gamma_would_pass_a_million_in_that_epoch(string preset, int epoch, double overshoot)
    {
        var (clamped, free) = (Preset.Named(preset).Gamma, Preset.Named(preset).Gamma with { Maximum = double.MaxValue });
        Assert.That(free.At(epoch - 1), Is.LessThan(1e6));
        Assert.That(free.At(epoch), Is.EqualTo(overshoot).Within(5e-5 * overshoot));
        Assert.That((clamped.At(epoch), clamped.At(10_000)), Is.EqualTo((1e6, 1e6)));
        if (preset == "paper") Assert.That(free.At(epoch), Is.EqualTo(0.01 * Math.Pow(1.05, 378)).Within(1e-6), "378 multiplications");
    }

    [TestCase(1, 1e-4)]
    [TestCase(4, 1e-4)]
    [TestCase(5, 1.5e-4)]
    [TestCase(9, 1.5e-4)]
    [TestCase(10, 2.25e-4)]
    [TestCase(284, 7.2629e5)]
    [TestCase(285, 1e6)]
    [TestCase(1500, 1e6)]
    public void In_May_gamma_grew_by_a_half_in_every_fifth_epoch(int epoch, double expected) =>
        Assert.That(Preset.Named("may2025").Gamma.At(epoch), Is.EqualTo(expected).Within(1e-4 * expected));

    [TestCase(1, 2e-4)]
    [TestCase(5, 2e-4)]
    [TestCase(6, 4e-4)]
    [TestCase(11, 8e-4)]
    [TestCase(115, 838.8608)]
    [TestCase(116, 1e3)]
    [TestCase(117, 1250)]
    [TestCase(121, 1250)]
    [TestCase(122, 1562.5)]
    [TestCase(266, 8.07794e5)]
    [TestCase(267, 1e6)]
    [TestCase(1000, 1e6)]
    public void In_autumn_gamma_doubled_every_five_epochs_to_a_thousand_and_then_grew_by_a_quarter(int epoch, double expected) =>
        Assert.That(Preset.Named("head2025").Gamma.At(epoch), Is.EqualTo(expected).Within(1e-5 * expected));

    [TestCase("may2025", 300, 1500)]
    [TestCase("head2025", 200, 1000)]
    public void Later_rates_fall_along_a_cosine_to_1e_8(string name, int hold, int epochs)
    {
        var preset = Preset.Named(name);
        var rate = preset.Rate with { End = preset.Epochs };
        Assert.That(preset.Epochs, Is.EqualTo(epochs));
        Assert.That((rate.At(1), rate.At(hold)), Is.EqualTo((rate.Base, rate.Base)));
        Assert.That(rate.At(hold + 1), Is.LessThan(rate.Base).And.GreaterThan(0.999 * rate.Base));
        Assert.That(rate.At((hold + epochs) / 2), Is.EqualTo((rate.Base + 1e-8) / 2).Within(1e-15));
        Assert.That(rate.At(epochs), Is.EqualTo(1e-8).Within(1e-20));
        for (var epoch = hold + 1; epoch <= epochs; epoch++) Assert.That(rate.At(epoch), Is.LessThan(rate.At(epoch - 1)), $"epoch {epoch}");
    }

    [TestCase("paper", 10, "64 128 16 0")]
    [TestCase("paper", 100, "128 256 32 0")]
    [TestCase("may2025", 10, "64 128 32 0")]
    [TestCase("may2025", 100, "64 128 32 0")]
    [TestCase("head2025", 100, "64 128 32 0")]
    public void Penultimate_layers_have_the_protocols_widths(string preset, int classes, string expected) =>
        Assert.That(string.Join(' ', new[] { "lpc", "lpc-wide", "lpc-narrow", "nopen" }.Select(name => Preset.Named(preset).Latents(classes).Of(Variants.Named(name).Width))), Is.EqualTo(expected));
}

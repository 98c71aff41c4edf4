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
}

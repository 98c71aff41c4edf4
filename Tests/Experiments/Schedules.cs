using LpcEngine.Experiments.Training;

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
}

using System.Globalization;
using LpcEngine.Experiments.Training;
using LpcEngine.Tests.Architecture;

namespace LpcEngine.Tests.Experiments;

/// <summary>docs/quick.md explains the numbers of the preset quick as they are.</summary>
public sealed class QuickDocument
{
    [Test]
    public void The_document_states_the_numbers_of_the_preset()
    {
        var quick = Preset.Named("quick");
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs/quick.md"));
        FormattableString[] facts =
        [
            $"{quick.TrainPerClass(10) * 10:N0} training images", $"batches of {quick.Batch}", $"for {quick.Epochs} epochs", $"rate of 1e-3",
            $"epochs 1–{quick.Gamma.Hold}", $"epochs {quick.Gamma.Hold + 1}–{quick.Rate.Hold}", $"by {quick.Gamma.Factor} an epoch to {quick.Gamma.Maximum}",
            $"epochs {quick.Rate.Hold + 1}–{quick.Epochs}", $"halved every {quick.Rate.Every} epochs",
        ];
        foreach (var fact in facts) Assert.That(text, Does.Contain(fact.ToString(CultureInfo.InvariantCulture)));
        Assert.That(quick.Rate.Base, Is.EqualTo(1e-3));
        Assert.That(quick.Gamma.At(quick.Rate.Hold), Is.EqualTo(quick.Gamma.Maximum), "the ramp ends where the rate begins to fall");
    }
}

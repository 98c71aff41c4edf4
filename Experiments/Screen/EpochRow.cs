namespace LpcEngine.Experiments.Screen;

/// <summary>What a row of the table of epochs shows; null where it was not measured.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Loss">Mean of the epoch so far, penalty included.</param>
/// <param name="Penalty">gamma·mean(z²).</param>
/// <param name="Gamma">The penalty's strength.</param>
/// <param name="Train">Accuracy on training images, 0–1.</param>
/// <param name="Speed">Images a second.</param>
/// <param name="Left">Seconds to the run's end.</param>
internal sealed record EpochRow(int Epoch, double Loss, double Penalty, double Gamma, double Train, double Speed, double? Left)
{
    /// <summary>Accuracy on test images, 0–1.</summary>
    public double? Test { get; init; }

    /// <summary>Class separation ratio.</summary>
    public double? Ratio { get; init; }

    /// <summary>Within-class trace per dimension.</summary>
    public double? Trace { get; init; }

    /// <summary>Coefficient of variation of the norms.</summary>
    public double? NormVariation { get; init; }
}

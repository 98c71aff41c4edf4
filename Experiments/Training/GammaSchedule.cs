using LpcEngine.Engine;

namespace LpcEngine.Experiments.Training;

/// <summary>
/// The strength of the latent penalty: constant at first, then growing by a factor at regular distances, up to a maximum; where it has a
/// turn, from there on by another factor.
/// </summary>
/// <remarks>
/// gamma(e) = min(start · factor^⌈(e − hold)/every⌉, maximum) for e > hold, else start. With a turn, growth ends at its value in the first
/// epoch t that would reach it, and gamma(e) = min(turn · turnFactor^⌈(e − t)/every⌉, maximum) from then on.
/// The paper's code multiplies at the end of each epoch after the first, so its hold is 2: epochs 1 and 2 both use the start value. It
/// stops multiplying once 1e6 is passed and so stays at 1.0222e6 from epoch 380 (378 multiplications); the code of May 2025 likewise at
/// 1.0894e6 from epoch 285. Here the maximum is a maximum, as the paper's text says.
/// </remarks>
/// <param name="Start">Value of the first epochs, not negative.</param>
/// <param name="Factor">What each growth multiplies with, at least 1 for a ramp.</param>
/// <param name="Maximum">Never exceeded.</param>
/// <param name="Hold">Number of epochs at the start value.</param>
/// <param name="Every">Epochs from one growth to the next, at least 1.</param>
/// <param name="Turn">Where growth changes to <paramref name="TurnFactor"/>; null for nowhere.</param>
/// <param name="TurnFactor">What each growth after the turn multiplies with.</param>
internal sealed record GammaSchedule(
    double Start, double Factor, double Maximum, int Hold, int Every = 1, double? Turn = null, double TurnFactor = 1) : ISchedule
{
    public double At(int epoch)
    {
        var growths = Growths(epoch, Hold);
        var value = Start * Math.Pow(Factor, growths);
        if (Turn is not { } turn || value < turn) return Math.Min(value, Maximum);
        // Counted rather than computed with a logarithm, whose rounding could miss an epoch.
        var needed = 0;
        for (var grown = Start; grown < turn && needed < growths; needed++) grown = Start * Math.Pow(Factor, needed + 1);
        var turnEpoch = needed == 0 ? Hold : Hold + (needed - 1) * Every + 1;
        return Math.Min(turn * Math.Pow(TurnFactor, Growths(epoch, turnEpoch)), Maximum);
    }

    private int Growths(int epoch, int hold) => epoch <= hold ? 0 : 1 + (epoch - hold - 1) / Every;
}

using LpcEngine.Engine;

namespace LpcEngine.Experiments.Training;

/// <summary>The strength of the latent penalty: constant at first, then growing by a factor each epoch, up to a maximum.</summary>
/// <remarks>
/// gamma(e) = min(start · factor^max(0, e − hold), maximum). The paper's code multiplies at the end of each epoch after the first, so its
/// hold is 2: epochs 1 and 2 both use the start value. It stops multiplying once 1e6 is passed and so stays at 1.0222e6 from epoch 380;
/// here the maximum is a maximum, as the paper's text says.
/// </remarks>
/// <param name="Start">Value of the first epochs, not negative.</param>
/// <param name="Factor">Growth per epoch, at least 1 for a ramp.</param>
/// <param name="Maximum">Never exceeded.</param>
/// <param name="Hold">Number of epochs at the start value, at least 1.</param>
internal sealed record GammaSchedule(double Start, double Factor, double Maximum, int Hold) : ISchedule
{
    public double At(int epoch) => Math.Min(Start * Math.Pow(Factor, Math.Max(0, epoch - Hold)), Maximum);
}

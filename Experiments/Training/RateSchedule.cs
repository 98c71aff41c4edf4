using LpcEngine.Engine;

namespace LpcEngine.Experiments.Training;

/// <summary>The learning rate: constant at first, then reduced by a factor at regular distances.</summary>
/// <remarks>
/// rate(e) = base · factor^⌈(e − hold)/every⌉ for e > hold, else base. The paper's code starts its step scheduler (size 50, factor 0.5) at
/// the end of epoch 251, so its hold is 300: the first halved rate is used in epoch 301 and 1/1024 of the base from 751 on.
/// The last classifier keeps the base rate.
/// </remarks>
/// <param name="Base">Rate of the first epochs, positive.</param>
/// <param name="Hold">Number of epochs at the base rate.</param>
/// <param name="Every">Epochs at each reduced rate, at least 1.</param>
/// <param name="Factor">What each reduction multiplies with; 1 for a constant rate.</param>
internal sealed record RateSchedule(double Base, int Hold, int Every, double Factor) : ISchedule
{
    public double At(int epoch) => epoch <= Hold ? Base : Base * Math.Pow(Factor, 1 + (epoch - Hold - 1) / Every);
}

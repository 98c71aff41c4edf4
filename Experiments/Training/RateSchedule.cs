using LpcEngine.Engine;

namespace LpcEngine.Experiments.Training;

/// <summary>The learning rate: constant, then halved at regular distances.</summary>
/// <remarks>
/// rate(e) = base · factor^⌊(e − from)/every⌋ for e ≥ from, else base. The paper's code starts its step scheduler (size 50, factor 0.5) at
/// the end of epoch 251, so the first halved rate is used in epoch 301 and 1/1024 of the base from 751 on. The last classifier keeps the base rate.
/// </remarks>
/// <param name="Base">Rate of the first epochs, positive.</param>
/// <param name="From">Epoch from which distances count.</param>
/// <param name="Every">Distance between two reductions in epochs.</param>
/// <param name="Factor">What each reduction multiplies with.</param>
internal sealed record RateSchedule(double Base, int From, int Every, double Factor) : ISchedule
{
    public double At(int epoch) => epoch < From ? Base : Base * Math.Pow(Factor, (epoch - From) / Every);
}

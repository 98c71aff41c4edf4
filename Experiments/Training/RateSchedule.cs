using LpcEngine.Engine;

namespace LpcEngine.Experiments.Training;

/// <summary>How a learning rate falls.</summary>
internal enum RateDecay
{
    /// <summary>By a factor at regular distances.</summary>
    Step,

    /// <summary>Along half a cosine, to the minimum in the run's last epoch.</summary>
    Cosine,
}

/// <summary>The learning rate: constant at first, then falling. The last classifier keeps the base rate.</summary>
/// <remarks>
/// Step: rate(e) = base · factor^⌈(e − hold)/every⌉ for e > hold, else base. The paper's code starts its step scheduler (size 50, factor
/// 0.5) at the end of epoch 251, so its hold is 300: the first halved rate is used in epoch 301 and 1/1024 of the base from 751 on.
/// Cosine: rate(e) = minimum + (base − minimum)·(1 + cos(π·(e − hold)/(end − hold)))/2 for e > hold, so the last epoch has the minimum
/// itself (Loshchilov and Hutter, arXiv:1608.03983, without restarts).
/// </remarks>
/// <param name="Base">Rate of the first epochs, positive.</param>
/// <param name="Hold">Number of epochs at the base rate.</param>
/// <param name="Every">Step: epochs at each reduced rate, at least 1.</param>
/// <param name="Factor">Step: what each reduction multiplies with; 1 for a constant rate.</param>
/// <param name="Decay">Which of the two.</param>
/// <param name="Minimum">Cosine: rate of the last epoch.</param>
/// <param name="End">Cosine: the last epoch; the run's length.</param>
internal sealed record RateSchedule(
    double Base, int Hold, int Every, double Factor, RateDecay Decay = RateDecay.Step, double Minimum = 0, int End = 0) : ISchedule
{
    public double At(int epoch)
    {
        if (epoch <= Hold) return Base;
        if (Decay == RateDecay.Step) return Base * Math.Pow(Factor, 1 + (epoch - Hold - 1) / Every);
        return Minimum + (Base - Minimum) * (1 + Math.Cos(Math.PI * Math.Min(epoch - Hold, End - Hold) / Math.Max(1, End - Hold))) / 2;
    }

    /// <summary>A cosine's schedule; its end is set with the run's length.</summary>
    public static RateSchedule Cosine(double rate, int hold, double minimum) => new(rate, hold, Every: 1, Factor: 1, RateDecay.Cosine, minimum);
}

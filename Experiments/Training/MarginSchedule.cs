using LpcEngine.Engine;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>A number that grows by a step each epoch, up to a maximum: min(start + step·(e − 1), maximum).</summary>
/// <param name="Start">Value of the first epoch.</param>
/// <param name="Step">Growth per epoch, 0 for a constant.</param>
/// <param name="Maximum">Never exceeded.</param>
internal sealed record Ramp(double Start, double Step, double Maximum) : ISchedule
{
    public double At(int epoch) => Math.Min(Start + Step * (epoch - 1), Maximum);
}

/// <summary>Scale and margin of ArcFace's and CosFace's logits, epoch by epoch.</summary>
/// <remarks>
/// The paper's code lets ArcFace's scale grow from 16 to 64, reached in epoch 49, and its margin from 0.1 to 0.5, reached in epoch 41; CosFace
/// has 32 and 0.25 throughout. These rules count epochs, so shorter protocols have them too: quick's 66 epochs hold both ramps.
/// </remarks>
/// <param name="Scale">s.</param>
/// <param name="Margin">m: an angle for ArcFace, a difference of cosines for CosFace.</param>
internal sealed record MarginSchedule(Ramp Scale, Ramp Margin)
{
    private static readonly MarginSchedule Angular = new(new Ramp(16, 1, 64), new Ramp(0.1, 0.01, 0.5)), Cosine = new(new Ramp(32, 0, 32), new Ramp(0.25, 0, 0.25));

    /// <summary>The schedule of the paper's code; null for logits without a margin.</summary>
    public static MarginSchedule? Of(Margin kind) => kind switch
    {
        LpcEngine.Models.Margin.Angular => Angular,
        LpcEngine.Models.Margin.Cosine => Cosine,
        _ => null,
    };
}

using LpcEngine.Engine;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>What the command line says about scale and margin, against the variant's own schedule.</summary>
internal static class MarginOptions
{
    /// <summary>The schedule; null for a variant whose logits have no margin.</summary>
    /// <exception cref="UserErrorException">A value is out of range, or the variant has no use for it.</exception>
    public static MarginSchedule? Resolve(TrainOptions options, Variant variant)
    {
        if (MarginSchedule.Of(variant.Margin) is not { } schedule)
        {
            return First(options) is not { } option ? null
                : throw new UserErrorException($"{option}: the variant {variant.Name} has no margin; arcface and cosface have. Leave it out.");
        }
        var (margin, largest) = (Resolve("margin", schedule.Margin, options.MarginStart, options.MarginStep, options.MarginMax), variant.Margin == Margin.Angular ? Math.PI : 2);
        if (margin.Maximum > largest)
            throw new UserErrorException(FormattableString.Invariant($"--margin-max {margin.Maximum}: {variant.Name}'s margin must be at most {largest:0.####}."));
        return new(Resolve("scale", schedule.Scale, options.ScaleStart, options.ScaleStep, options.ScaleMax), margin);
    }

    private static Ramp Resolve(string name, Ramp ramp, double? start, double? step, double? maximum)
    {
        var resolved = new Ramp(
            RunConfig.NotNegative(start, $"--{name}-start") ?? ramp.Start,
            RunConfig.NotNegative(step, $"--{name}-step") ?? ramp.Step,
            RunConfig.NotNegative(maximum, $"--{name}-max") ?? ramp.Maximum);
        return resolved.Start <= resolved.Maximum ? resolved
            : throw new UserErrorException(FormattableString.Invariant($"--{name}-start {resolved.Start}: must not exceed --{name}-max {resolved.Maximum}."));
    }

    private static string? First(TrainOptions options) =>
        options.ScaleStart is not null ? "--scale-start" : options.ScaleStep is not null ? "--scale-step" : options.ScaleMax is not null ? "--scale-max"
        : options.MarginStart is not null ? "--margin-start" : options.MarginStep is not null ? "--margin-step" : options.MarginMax is not null ? "--margin-max" : null;
}

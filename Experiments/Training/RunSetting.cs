using System.Globalization;

namespace LpcEngine.Experiments.Training;

/// <summary>One thing that makes two runs different, by the words of the command line.</summary>
/// <param name="Flag">The option, or what it is called.</param>
/// <param name="Text">Its value in a configuration, as a user would write it.</param>
/// <param name="InName">Whether it belongs into the name of a default run folder when it is not the preset's.</param>
internal sealed record RunSetting(string Flag, Func<RunConfig, string> Text, bool InName = true)
{
    /// <summary>All of them; what a user sets comes before what follows from it.</summary>
    public static IReadOnlyList<RunSetting> All { get; } =
    [
        new("data set", c => c.DataSet, InName: false),
        new("variant", c => c.Variant, InName: false),
        new("--preset", c => c.Preset, InName: false),
        new("--backbone", c => c.Backbone, InName: false),
        new("--width", c => Of(c.Width), InName: false),
        new("--penultimate", c => Of(c.Penultimate)),
        new("--classes", c => Of(c.Classes)),
        new("--epochs", c => Of(c.Epochs)),
        new("--batch", c => Of(c.Batch)),
        new("--lr", c => Of(c.Rate.Base), InName: false),
        new("--lr-hold", c => Of(c.Rate.Hold)),
        new("--lr-every", c => Of(c.Rate.Every)),
        new("--lr-factor", c => Of(c.Rate.Factor)),
        new("the way in which the rate falls", c => c.Rate.Decay.ToString().ToLowerInvariant(), InName: false),
        new("--lr-min", c => Of(c.Rate.Minimum)),
        new("--weight-decay", c => Of(c.WeightDecay)),
        new("--seed", c => Of(c.Seed), InName: false),
        new("--gamma-start", c => Of(c.Gamma.Start)),
        new("--gamma-hold", c => Of(c.Gamma.Hold)),
        new("--gamma-factor", c => Of(c.Gamma.Factor)),
        new("--gamma-every", c => Of(c.Gamma.Every)),
        new("the gamma at which its growth changes", c => Of(c.Gamma.Turn), InName: false),
        new("--gamma-max", c => Of(c.Gamma.Maximum)),
        new("--scale-start", c => Of(c.MarginSchedule?.Scale.Start)),
        new("--scale-step", c => Of(c.MarginSchedule?.Scale.Step)),
        new("--scale-max", c => Of(c.MarginSchedule?.Scale.Maximum)),
        new("--margin-start", c => Of(c.MarginSchedule?.Margin.Start)),
        new("--margin-step", c => Of(c.MarginSchedule?.Margin.Step)),
        new("--margin-max", c => Of(c.MarginSchedule?.Margin.Maximum)),
        new("--augment", c => c.Augment ? "standard" : "none"),
        new("--shuffle", c => c.Shuffle ? "epoch" : "none"),
        new("--init", c => c.Init ?? "none"),
        new("--validation-size", c => Of(c.ValidationSize)),
        new("--precision", c => c.Precision.ToString().ToLowerInvariant()),
        new("the number of training images (--train-size)", c => Of(c.TrainImages), InName: false),
        new("the number of test images (--test-size)", c => Of(c.TestImages), InName: false),
        new("the size of the images", c => $"{c.ImageHeight}×{c.ImageWidth}×{c.ImageChannels}", InName: false),
        new("the names of the classes", c => string.Join(",", c.ClassNames), InName: false),
        new("the content of the data set (its digest)", c => c.DataDigest, InName: false),
    ];

    private static string Of(IFormattable? value) => value?.ToString(null, CultureInfo.InvariantCulture) ?? "none";
}

using LpcEngine.Engine;
using LpcEngine.Experiments.Data;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>Everything that determines a run's result: command line, preset and data set, resolved. What config.json holds.</summary>
internal sealed record RunConfig
{
    public required string DataSet { get; init; }
    public required string Variant { get; init; }
    public required string Preset { get; init; }
    public required string Backbone { get; init; }
    public required int Width { get; init; }
    public required Head Head { get; init; }
    public required int Penultimate { get; init; }
    public required bool Penalty { get; init; }
    public required int Classes { get; init; }
    public required IReadOnlyList<string> ClassNames { get; init; }
    public required int ImageHeight { get; init; }
    public required int ImageWidth { get; init; }
    public required int ImageChannels { get; init; }
    public required float[] Mean { get; init; }
    public required float[] Std { get; init; }
    public required int TrainImages { get; init; }
    public required int TestImages { get; init; }
    public required int Epochs { get; init; }
    public required int Batch { get; init; }
    public required double WeightDecay { get; init; }
    public required long Seed { get; init; }
    public required RateSchedule Rate { get; init; }
    public required GammaSchedule Gamma { get; init; }
    public required bool Augment { get; init; }
    public required bool Flip { get; init; }
    public required bool Shuffle { get; init; }
    public required string? Init { get; init; }
    public required Precision Precision { get; init; }

    /// <summary>The network's shape, for building it anew from the file alone.</summary>
    public BackboneSpec BackboneSpec => new(Backbone, Width, ImageHeight, ImageWidth, ImageChannels);

    /// <summary>Resolves a command line against its preset and the data.</summary>
    /// <exception cref="UserErrorException">A value is out of range.</exception>
    public static RunConfig From(TrainOptions options, Preset preset, Variant variant, DataSet data)
    {
        var classes = options.Classes ?? data.ClassNames.Count;
        if (classes < data.ClassNames.Count)
            throw new UserErrorException($"--classes {classes}: the data set {data.Name} has {data.ClassNames.Count} classes.");
        var images = data.Train;
        return new RunConfig
        {
            DataSet = options.DataSet,
            Variant = variant.Name,
            Preset = preset.Name,
            Backbone = options.Backbone ?? preset.Backbone(classes),
            Width = AtLeast(1, options.Width, "--width") ?? preset.Width,
            Head = variant.Head,
            Penultimate = variant.Head == Head.None ? 0 : AtLeast(1, options.Penultimate, "--penultimate") ?? variant.LatentsFor(classes),
            Penalty = variant.Penalty,
            Classes = classes,
            ClassNames = data.ClassNames,
            ImageHeight = images.Height,
            ImageWidth = images.Width,
            ImageChannels = images.Channels,
            Mean = data.Mean,
            Std = data.Std,
            TrainImages = images.Count,
            TestImages = data.Test?.Count ?? 0,
            Epochs = AtLeast(1, options.Epochs, "--epochs") ?? preset.Epochs,
            Batch = AtLeast(1, options.Batch, "--batch") ?? preset.Batch,
            WeightDecay = NotNegative(options.WeightDecay, "--weight-decay") ?? preset.WeightDecay,
            Seed = options.Seed ?? 1,
            Rate = preset.Rate with
            {
                Base = Positive(options.Rate, "--lr") ?? preset.Rate.Base,
                Hold = AtLeast(0, options.RateHold, "--lr-hold") ?? preset.Rate.Hold,
                Every = AtLeast(1, options.RateEvery, "--lr-every") ?? preset.Rate.Every,
                Factor = Positive(options.RateFactor, "--lr-factor") ?? preset.Rate.Factor,
            },
            Gamma = preset.Gamma with
            {
                Hold = AtLeast(1, options.GammaHold, "--gamma-hold") ?? preset.Gamma.Hold,
                Start = NotNegative(options.GammaStart, "--gamma-start") ?? preset.Gamma.Start,
                Factor = Positive(options.GammaFactor, "--gamma-factor") ?? preset.Gamma.Factor,
                Maximum = NotNegative(options.GammaMax, "--gamma-max") ?? preset.Gamma.Maximum,
            },
            Augment = Choice(options.Augment, "--augment", "standard", "none") ?? preset.Augment,
            Flip = data.Flip,
            Shuffle = Choice(options.Shuffle, "--shuffle", "epoch", "none") ?? true,
            Init = options.Init,
            Precision = ParsePrecision(options.Precision),
        };
    }

    /// <summary>The first setting in which two runs differ, in words; null when they are the same run.</summary>
    public static string? Difference(RunConfig mine, RunConfig other)
    {
        foreach (var property in typeof(RunConfig).GetProperties().Where(property => property.Name is not (nameof(BackboneSpec))))
        {
            var (a, b) = (Text(property.GetValue(mine)), Text(property.GetValue(other)));
            if (a != b) return $"{property.Name} is {b} there and {a} here";
        }
        return null;

        static string Text(object? value) => value is System.Collections.IEnumerable list and not string
            ? string.Join(",", list.Cast<object>()) : FormattableString.Invariant($"{value}");
    }

    private static int? AtLeast(int minimum, int? value, string option) => value is null || value >= minimum
        ? value : throw new UserErrorException($"{option} {value}: must be at least {minimum}.");

    private static double? NotNegative(double? value, string option) => value is null || (value >= 0 && double.IsFinite(value.Value))
        ? value : throw new UserErrorException(FormattableString.Invariant($"{option} {value}: must be a finite number, not negative."));

    private static double? Positive(double? value, string option) => value is null ? null : Positive(value.Value, option);

    private static double Positive(double value, string option) => value > 0 && double.IsFinite(value)
        ? value : throw new UserErrorException(FormattableString.Invariant($"{option} {value}: must be a finite number above 0."));

    private static bool? Choice(string? value, string option, string yes, string no) => value switch
    {
        null => null,
        _ when value == yes => true,
        _ when value == no => false,
        _ => throw new UserErrorException($"{option} {value}: must be {yes} or {no}."),
    };

    private static Precision ParsePrecision(string? value) => value is null or "fp32"
        ? Precision.Fp32
        : Enum.TryParse<Precision>(value, ignoreCase: true, out var precision) && Enum.IsDefined(precision)
            ? precision
            : throw new UserErrorException($"--precision {value}: must be fp32, tf32 or bf16.");
}

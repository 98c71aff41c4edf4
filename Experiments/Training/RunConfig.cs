using LpcEngine.Engine;
using LpcEngine.Experiments.Data;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>Everything that determines a run's result: command line, preset and data set, resolved. What config.json holds.</summary>
internal sealed record RunConfig
{
    private const int MostClasses = 1_000_000;

    public required string DataSet { get; init; }
    public required string Variant { get; init; }
    public required string Preset { get; init; }
    public required string Backbone { get; init; }
    public required int Width { get; init; }
    public required Head Head { get; init; }
    public required int Penultimate { get; init; }
    public required bool Penalty { get; init; }

    // Not required: folders of runs from before these terms don't have them.
    public bool Contrastive { get; init; }
    public Margin Margin { get; init; }
    public MarginSchedule? MarginSchedule { get; init; }
    public required int Classes { get; init; }
    public required IReadOnlyList<string> ClassNames { get; init; }
    public required int ImageHeight { get; init; }
    public required int ImageWidth { get; init; }
    public required int ImageChannels { get; init; }
    public required float[] Mean { get; init; }
    public required float[] Std { get; init; }

    /// <summary>A digest of all pixels and labels: the same name may hold other images tomorrow.</summary>
    public required string DataDigest { get; init; }
    public required int TrainImages { get; init; }
    public required int TestImages { get; init; }

    /// <summary>Training images of each class that are held out and evaluated beside the test set; 0 for none.</summary>
    public int ValidationSize { get; init; }
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

    /// <summary>What normalises images for this network: bytes as its training images were, float images are used as they are.</summary>
    public (float[] Mean, float[] Deviation) NormalisationOf(ImageSet images) =>
        images.Floats is null ? (Mean, Std) : (new float[images.Channels], [.. Enumerable.Repeat(1f, images.Channels)]);

    /// <summary>Resolves a command line against its preset and the data.</summary>
    /// <exception cref="UserErrorException">A value is out of range.</exception>
    public static RunConfig From(TrainOptions options, Preset preset, Variant variant, DataFacts data)
    {
        var classes = options.Classes ?? data.ClassNames.Count;
        if (classes < data.ClassNames.Count)
            throw new UserErrorException($"--classes {classes}: the data set {data.Name} has {data.ClassNames.Count} classes.");
        return new RunConfig
        {
            DataSet = options.DataSet,
            Variant = variant.Name,
            Preset = preset.Name,
            Backbone = options.Backbone ?? preset.Backbone(classes),
            Width = AtLeast(1, options.Width, "--width") ?? preset.Width,
            Head = variant.Head,
            Penultimate = Latents(options.Penultimate, variant, preset.Latents(classes)),
            Penalty = variant.Penalty,
            Contrastive = variant.Contrastive,
            Margin = variant.Margin,
            MarginSchedule = MarginOptions.Resolve(options, variant),
            Classes = classes,
            ClassNames = data.ClassNames,
            ImageHeight = data.Height,
            ImageWidth = data.Width,
            ImageChannels = data.Channels,
            Mean = data.Mean,
            Std = data.Std,
            DataDigest = data.Digest,
            TrainImages = data.TrainImages,
            TestImages = data.TestImages,
            ValidationSize = options.ValidationSize ?? 0,
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
                Minimum = NotNegative(options.RateMinimum, "--lr-min") ?? preset.Rate.Minimum,
                End = preset.Rate.Decay == RateDecay.Cosine ? options.Epochs ?? preset.Epochs : 0,
            },
            Gamma = BelowItsTurn(BelowItsMaximum(options.GammaStart, preset.Gamma with
            {
                Every = AtLeast(1, options.GammaEvery, "--gamma-every") ?? preset.Gamma.Every,
                Hold = AtLeast(1, options.GammaHold, "--gamma-hold") ?? preset.Gamma.Hold,
                Start = NotNegative(options.GammaStart, "--gamma-start") ?? preset.Gamma.Start,
                Factor = Positive(options.GammaFactor, "--gamma-factor") ?? preset.Gamma.Factor,
                Maximum = NotNegative(options.GammaMax, "--gamma-max") ?? preset.Gamma.Maximum,
            }), preset),
            Augment = IsFirst(options.Augment, "--augment", OptionWords.Augment) ?? preset.Augment,
            Flip = data.Flip,
            Shuffle = IsFirst(options.Shuffle, "--shuffle", OptionWords.Shuffle) ?? true,
            Init = options.Init,
            Precision = options.Precision is { } precision ? Enum.GetValues<Precision>()[OptionWords.Index("--precision", precision, OptionWords.Precisions)] : Precision.Fp32,
        };
    }

    /// <summary>What this configuration says of its data: for another run on the same images, without loading them.</summary>
    public DataFacts Facts() => new(DataSet, ClassNames, ImageHeight, ImageWidth, ImageChannels, Mean, Std, Flip, DataDigest, TrainImages, TestImages);

    /// <summary>The first setting in which two runs differ, in the words of the command line; null when they are the same run.</summary>
    public static string? Difference(RunConfig mine, RunConfig other) => RunSetting.All
        .Where(setting => setting.Text(mine) != setting.Text(other))
        .Select(setting => $"{setting.Flag} is {setting.Text(other)} there and {setting.Text(mine)} here")
        .FirstOrDefault();

    /// <summary>Reads a configuration from the metadata of a file, which anyone may have written.</summary>
    /// <exception cref="UserErrorException">It's no configuration of a network.</exception>
    public static RunConfig Parse(string json, string where)
    {
        var config = JsonFormat.Parse<RunConfig>(json, where);
        var fits = config is { DataSet: not null, Variant: not null, Preset: not null, Backbone: not null, ClassNames: not null, Mean: not null, Std: not null, Rate: not null, Gamma: not null }
            && config.Width >= 1 && config.ImageHeight >= 1 && config.ImageWidth >= 1 && config.ImageChannels >= 1 && config.Penultimate >= 0
            && config.Classes is >= 2 and <= MostClasses && config.ClassNames.Count <= config.Classes && config.ClassNames.All(name => name is not null)
            && config.Mean.Length == config.ImageChannels && config.Std.Length == config.ImageChannels && config.Std.All(deviation => deviation > 0)
            && Enum.IsDefined(config.Margin) && (config.Margin == Margin.None || config.MarginSchedule is { Scale: not null, Margin: not null })
            && Enum.IsDefined(config.Rate.Decay) && config.Rate.Every >= 1 && config.Gamma.Every >= 1
            && config.Epochs >= 1 && config.Batch >= 1 && config.TrainImages >= 1 && Enum.IsDefined(config.Head) && (config.Head == Head.None || config.Penultimate >= 1);
        return fits ? config : throw new UserErrorException($"{where} is damaged: it describes no network that can be. Was it changed by hand?");
    }

    /// <summary>Whether every batch of so many images has two values a channel for a variance.</summary>
    public bool Trains(Backbone backbone, int batch) =>
        backbone.SmallestNormalisedMap > 1 || (TrainImages % batch == 0 ? Math.Min(batch, TrainImages) : TrainImages % batch) > 1;

    /// <summary>Training needs two values a channel for a variance: an image alone has one where the feature map is 1×1.</summary>
    /// <exception cref="UserErrorException">A batch of this run would hold one image, of a network with such maps; the data may have no other batch.</exception>
    public void RequireBatchesFor(Backbone backbone)
    {
        if (Trains(backbone, Batch)) return;
        var map = $"the last feature map of {Backbone} is 1×1 for {ImageHeight}×{ImageWidth} images: one value has no variance to normalise with";
        throw new UserErrorException(TrainImages == 1
            ? $"One training image is too few, for {map}. Give more images or larger ones, or take --backbone mlp, which normalises nothing."
            : $"--batch {Batch}: of {TrainImages:N0} training images the last batch holds one, and {map}. Choose a --batch that leaves more than one.");
    }

    private static int Latents(int? option, Variant variant, LatentWidths widths) => AtLeast(1, option, "--penultimate") is not { } width
        ? widths.Of(variant.Width)
        : variant.Head != Head.None ? width : throw new UserErrorException($"--penultimate {width}: the variant {variant.Name} has no penultimate layer; leave it out.");

    private static GammaSchedule BelowItsTurn(GammaSchedule gamma, Preset preset) => gamma.Turn is not { } turn || gamma.Start < turn
        ? gamma : throw new UserErrorException(FormattableString.Invariant($"--gamma-start {gamma.Start}: must be below {turn}, where gamma of the preset {preset.Name} changes its growth."));

    // A start that was asked for is not cut down in silence.
    private static GammaSchedule BelowItsMaximum(double? start, GammaSchedule gamma) => start is null || gamma.Start <= gamma.Maximum
        ? gamma : throw new UserErrorException(FormattableString.Invariant($"--gamma-start {gamma.Start} is above {gamma.Maximum}, where gamma stops. Give a smaller one, or a larger --gamma-max."));

    private static int? AtLeast(int minimum, int? value, string option) => value is null || value >= minimum
        ? value : throw new UserErrorException($"{option} {value}: must be at least {minimum}.");

    internal static double? NotNegative(double? value, string option) => value is null || (value >= 0 && double.IsFinite(value.Value))
        ? value : throw new UserErrorException(FormattableString.Invariant($"{option} {value}: must be a finite number, not negative."));

    private static double? Positive(double? value, string option) => value is null ? null : Positive(value.Value, option);

    private static double Positive(double value, string option) => value > 0 && double.IsFinite(value)
        ? value : throw new UserErrorException(FormattableString.Invariant($"{option} {value}: must be a finite number above 0."));

    private static bool? IsFirst(string? value, string option, IReadOnlyList<string> words) => value is null ? null : OptionWords.Index(option, value, words) == 0;
}

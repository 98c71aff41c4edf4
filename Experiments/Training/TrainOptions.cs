using LpcEngine.Experiments.Robustness;

namespace LpcEngine.Experiments.Training;

/// <summary>What the command line of a training run said; null where it said nothing.</summary>
internal sealed record TrainOptions
{
    public required string DataSet { get; init; }
    public required string Variant { get; init; }
    public string? Preset { get; init; }
    public string? Backbone { get; init; }
    public int? Width { get; init; }
    public int? Penultimate { get; init; }
    public int? Classes { get; init; }
    public int? Epochs { get; init; }
    public int? Batch { get; init; }
    public double? Rate { get; init; }
    public int? RateHold { get; init; }
    public int? RateEvery { get; init; }
    public double? RateFactor { get; init; }
    public double? RateMinimum { get; init; }
    public double? WeightDecay { get; init; }
    public long? Seed { get; init; }
    public double? GammaStart { get; init; }
    public int? GammaHold { get; init; }
    public int? GammaEvery { get; init; }
    public double? GammaFactor { get; init; }
    public double? GammaMax { get; init; }
    public double? ScaleStart { get; init; }
    public double? ScaleStep { get; init; }
    public double? ScaleMax { get; init; }
    public double? MarginStart { get; init; }
    public double? MarginStep { get; init; }
    public double? MarginMax { get; init; }
    public string Device { get; init; } = "auto";
    public int? Threads { get; init; }
    public string? Precision { get; init; }
    public string? DataDirectory { get; init; }
    public string? Out { get; init; }
    public int? TrainSize { get; init; }
    public int? ValidationSize { get; init; }
    public int? TestSize { get; init; }
    public int? ImageSize { get; init; }
    public string? Augment { get; init; }
    public string? Shuffle { get; init; }
    public string? Init { get; init; }
    public int? Steps { get; init; }
    public bool LogSteps { get; init; }
    public bool TensorBoard { get; init; }
    public int? EvaluateEvery { get; init; }
    public double? CheckpointEvery { get; init; }
    public int? DeepFoolImages { get; init; }
    public PgdOptions Pgd { get; init; } = new();
    public bool NoEvaluate { get; init; }
    public bool Json { get; init; }
    public bool Yes { get; init; }
}

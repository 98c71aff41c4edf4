using System.Globalization;
using System.Text.Json.Nodes;
using LpcEngine.Experiments.Robustness;

namespace LpcEngine.Experiments.Training;

/// <summary>What is to be measured at the end of a run.</summary>
/// <param name="Evaluate">Accuracies and latent spaces.</param>
/// <param name="DeepFoolImages">Test images to attack with DeepFool.</param>
internal sealed record MeasurementPlan(bool Evaluate, int DeepFoolImages)
{
    /// <summary>Attacks within a distance, and what is measured beside them; null for none.</summary>
    public PgdPlan? Pgd { get; init; }

    /// <summary>Whether the training set is measured on augmented images as well.</summary>
    public bool Augmented { get; init; }

    /// <summary>What a command line and its preset ask for.</summary>
    /// <param name="options">The command line.</param>
    /// <param name="preset">Its preset.</param>
    /// <param name="device">Name of the device.</param>
    /// <param name="testImages">How many test images there are.</param>
    /// <param name="finished">Whether the run has all its epochs. One that --steps ends early is tried out, not measured: its robustness is asked for or not of interest.</param>
    public static MeasurementPlan For(TrainOptions options, Preset preset, string device, int testImages, bool finished)
    {
        // The emulator takes tens of seconds for each image.
        var isUsual = finished && device != "emulator";
        if (options.NoEvaluate) return new(false, 0);
        return new(true, Math.Min(options.DeepFoolImages ?? (isUsual ? preset.DeepFoolImages : 0), testImages))
        {
            Pgd = PgdPlan.Of(options.Pgd, isUsual ? preset.PgdImages : 0, testImages),
        };
    }

    /// <summary>Whether a summary has all of it.</summary>
    public bool IsMetBy(JsonObject summary) => !Evaluate || (summary["train_accuracy"] is not null && HasDeepFool(summary["test"] as JsonObject)
        && (Pgd is null || Pgd.IsMetBy(summary["test"]?["pgd"] as JsonObject)));

    private bool HasDeepFool(JsonObject? test) =>
        DeepFoolImages == 0 || test?["deepfool_images"]?.ToString() == DeepFoolImages.ToString(CultureInfo.InvariantCulture);
}

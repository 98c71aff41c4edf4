using LpcEngine.Engine;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Training;

/// <summary>A training protocol by name: what holds where the command line says nothing.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Summary">One line for help texts.</param>
/// <param name="Backbone">The network for a number of classes.</param>
/// <param name="Width">Channels of the backbone's first stage.</param>
/// <param name="Latents">Widths of penultimate layers, for a number of classes.</param>
/// <param name="Epochs">Length of the run.</param>
/// <param name="Batch">Images per step.</param>
/// <param name="WeightDecay">AdamW's decoupled decay, on all parameters.</param>
/// <param name="Rate">The learning rate's schedule.</param>
/// <param name="Gamma">The penalty's schedule.</param>
/// <param name="Augment">Random crops and flips.</param>
/// <param name="EvaluateEvery">Epochs between two evaluations; the last epoch is always evaluated.</param>
/// <param name="DeepFoolImages">Test images attacked at the end of a run; 0 for none.</param>
/// <param name="TrainPerClass">Training images used of each class; 0 for all. For a number of classes.</param>
internal sealed record Preset(
    string Name, string Summary, Func<int, string> Backbone, int Width, Func<int, LatentWidths> Latents, int Epochs, int Batch, double WeightDecay,
    RateSchedule Rate, GammaSchedule Gamma, bool Augment, int EvaluateEvery, int DeepFoolImages, Func<int, int> TrainPerClass)
{
    /// <summary>Test images for PGD and the measurements beside it at the end of a run; 0 for none.</summary>
    public int PgdImages => DeepFoolImages;

    /// <summary>The rates of a sweep; of a preset that names none, its own rate.</summary>
    public IReadOnlyList<double> SweepRates { get => field.Count > 0 ? field : [Rate.Base]; init; } = [];

    /// <summary>How many seeds a sweep has, from 1.</summary>
    public int SweepSeeds { get; init; } = 5;

    // The paper's grid of rates is 1, 2, 4 and 8 e-4; 4e-4 is its middle.
    private static readonly Preset Paper = new(
        "paper", "the paper's protocol: 800 epochs, gamma to 1e6",
        PaperBackbone, Width: 64, LatentWidths.Paper, Epochs: 800, Batch: 128, WeightDecay: 5e-4,
        new RateSchedule(4e-4, Hold: 300, Every: 50, Factor: 0.5), new GammaSchedule(0.01, 1.05, 1e6, Hold: 2),
        Augment: true, EvaluateEvery: 50, DeepFoolImages: 1000, TrainPerClass: _ => 0)
    {
        SweepRates = [1e-4, 2e-4, 4e-4, 8e-4],
    };

    // The official code's later protocols keep optimiser, batch and augmentation. Both have these widths for either set.
    private static readonly LatentWidths Later = new(64, 128, 32);

    private static readonly Preset May = Paper with
    {
        Name = "may2025", Summary = "the official code of May 2025: 1500 epochs, cosine rate", Latents = _ => Later, Epochs = 1500,
        SweepRates = [1e-4, 2e-4, 4e-4, 8e-4, 1.6e-3],
        Rate = RateSchedule.Cosine(4e-4, hold: 300, minimum: 1e-8), Gamma = new GammaSchedule(1e-4, 1.5, 1e6, Hold: 4, Every: 5),
    };

    private static readonly Preset Head = Paper with
    {
        Name = "head2025", Summary = "the official code of autumn 2025: 1000 epochs, cosine rate, gamma in two regimes", Latents = _ => Later, Epochs = 1000,
        Rate = RateSchedule.Cosine(4e-4, hold: 200, minimum: 1e-8),
        Gamma = new GammaSchedule(1e-4, 2, 1e6, Hold: 0, Every: 5, Turn: 1e3, TurnFactor: 1.25),
    };

    // docs/quick.md derives these numbers.
    private static readonly Preset Quick = new(
        "quick", "a complete miniature that ends within minutes on two cores",
        _ => "resnet18", Width: 16, LatentWidths.Paper, Epochs: 66, Batch: 32, WeightDecay: 5e-4,
        new RateSchedule(1e-3, Hold: 54, Every: 4, Factor: 0.5), new GammaSchedule(0.01, 1.23, 50, Hold: 12),
        Augment: false, EvaluateEvery: 3, DeepFoolImages: 100, TrainPerClass: classes => Math.Max(1, 2000 / classes))
    {
        SweepSeeds = 3, // the fewest that show a deviation worth the name
    };

    /// <summary>All presets; the first is the default.</summary>
    public static IReadOnlyList<Preset> All { get; } = [Paper, May, Head, Quick];

    private static string PaperBackbone(int classes) => classes <= 10 ? "resnet18" : "resnet50";

    /// <summary>Finds a preset.</summary>
    /// <exception cref="UserErrorException">There's no such preset.</exception>
    public static Preset Named(string name) => All.FirstOrDefault(preset => preset.Name == name)
        ?? throw new UserErrorException($"Unknown preset '{name}'; known are {string.Join(", ", All.Select(preset => preset.Name))}.{NearMiss.Question(name, All.Select(preset => preset.Name))}");
}

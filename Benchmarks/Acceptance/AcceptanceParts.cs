using LpcEngine.Kernels;

namespace LpcEngine.Benchmarks.Acceptance;

/// <summary>The parts, in the order in which they run: what must be right first, what can use any time last.</summary>
internal static class AcceptanceParts
{
    /// <summary>All parts, made anew.</summary>
    public static IReadOnlyList<IAcceptancePart> All() =>
    [
        new CorrectnessPart(Operations.All),
        new GoldensPart(),
        new DeterminismPart(),
        new ThroughputPart(),
        new TrainingPart(Goal),
        new PyTorchPart(),
        new RooflinePart(Operations.All),
    ];

    // On the cpu device these are the steps of `synthetic10 lpc-narrow --preset quick --epochs 12`, which ends with 87 % of the test images right, and 99.6 % of the training images.
    private static TrainingGoal Goal { get; } = new("resnet18", Width: 16, TrainPerClass: 200, TestPerClass: 100, Batch: 32, Epochs: 12, TestAccuracy: 0.8);
}

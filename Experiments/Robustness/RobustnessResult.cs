using LpcEngine.Engine;
using LpcEngine.Experiments.Screen;
using LpcEngine.Experiments.Training;
using LpcEngine.Models;

namespace LpcEngine.Experiments.Robustness;

/// <summary>What is measured of a network's robustness beside DeepFool.</summary>
/// <param name="Plan">What was asked for.</param>
/// <param name="L2">Attacks within Euclidean balls.</param>
/// <param name="Linf">Attacks within balls of the largest change.</param>
/// <param name="Noise">Accuracy under random noise.</param>
/// <param name="Masking">Whether the attacks are to be believed.</param>
/// <param name="Train">Input gradients at training images.</param>
/// <param name="Test">Input gradients at the attacked images.</param>
internal sealed record RobustnessResult(
    PgdPlan Plan, PgdResult L2, PgdResult Linf, NoiseResult Noise, GradientMasking Masking, InputGradients Train, InputGradients Test)
{
    /// <summary>Measures.</summary>
    /// <param name="model">The network.</param>
    /// <param name="device">Where it lives.</param>
    /// <param name="train">Training images.</param>
    /// <param name="test">Test images; those that DeepFool attacks, as far as both go.</param>
    /// <param name="plan">What to do.</param>
    /// <param name="batch">Images at a time; does not change the result.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="deepFool">What DeepFool found with the same seed; null when it was not run.</param>
    /// <param name="screen">Is told how far an attack is.</param>
    /// <param name="cancelled">Ends it after a step.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static RobustnessResult Take(
        Classifier model, Device device, DeviceImages train, DeviceImages test, PgdPlan plan, int batch, long seed, DeepFoolResult? deepFool, RunScreen? screen = null,
        CancellationToken cancelled = default)
    {
        var chosen = AttackedImages.Choose(plan.Images, test.Count, seed);
        var trials = PgdSettings.WithChecks(plan.Steps, plan.Restarts);
        var l2 = Attack("PGD, L2", Settings(PerturbationNorm.L2, plan.L2), chosen);
        var linf = Attack("PGD, L∞", Settings(PerturbationNorm.Linf, plan.Linf), chosen);
        var closer = deepFool is null ? null : AttackCloser(deepFool);
        var noise = RandomNoise.Run(model, device, test, chosen, plan.L2, batch, (ulong)seed, cancelled);
        var masking = new GradientMasking(
            l2.ZeroGradient, Math.Max(l2.RestartsGain, linf.RestartsGain), Math.Max(l2.StepsGain, linf.StepsGain), Math.Max(l2.MarginGain, linf.MarginGain),
            closer?.Fooled(1), closer?.Fooled(0));
        return new(plan, l2, linf, noise, masking,
            InputGradients.Of(model, device, train, AttackedImages.Choose(plan.Images, train.Count, seed), batch, cancelled),
            InputGradients.Of(model, device, test, chosen, batch, cancelled));

        PgdSettings Settings(PerturbationNorm norm, IReadOnlyList<Radius> radii) =>
            new(batch, norm, [.. radii.Select(radius => radius.Value)], trials, plan.Restarts, (ulong)seed);

        PgdResult Attack(string name, PgdSettings settings, int[] images, double[]? scales = null)
        {
            screen?.StartAttack(name, images.Length);
            using var pgd = new Pgd(model, device, test, images, settings, scales);
            var result = pgd.Run(screen is null ? null : screen.Attack, cancelled) ?? throw new OperationCanceledException(cancelled);
            screen?.EndAttack(images.Length);
            return result;
        }

        // Parts of DeepFool's own distance, in the same units and, as DeepFool knows no bounds of pixels, without them.
        PgdResult? AttackCloser(DeepFoolResult found)
        {
            var fooled = found.Images.Take(plan.Images).Where(image => image is { IsCorrect: true, End: DeepFoolEnd.Fooled, PixelNorm: > 0 }).ToArray();
            if (fooled.Length == 0) return null;
            PgdTrial[] both = [new(AttackLoss.CrossEntropy, plan.Steps, 0), new(AttackLoss.Margin, plan.Steps, 0)];
            var settings = new PgdSettings(batch, PerturbationNorm.L2, GradientMasking.PartsOfDeepFool, both, both.Length, (ulong)seed) { Bounded = false };
            return Attack("PGD within DeepFool's distance", settings, Array.ConvertAll(fooled, image => image.Image), Array.ConvertAll(fooled, image => image.PixelNorm));
        }
    }
}

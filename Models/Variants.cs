using LpcEngine.Engine;

namespace LpcEngine.Models;

/// <summary>What a variant's logits are made of while it trains; evaluation always uses W·z.</summary>
public enum Margin
{
    /// <summary>W·z.</summary>
    None,

    /// <summary>Cosines, with an angle added at the label (ArcFace).</summary>
    Angular,

    /// <summary>Cosines, less a constant at the label (CosFace).</summary>
    Cosine,
}

/// <summary>One of the paper's classifiers: which head, how wide, and which terms its loss has.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Title">As in the paper's tables.</param>
/// <param name="Head">What stands before the last layer.</param>
/// <param name="Width">How wide the penultimate layer is.</param>
/// <param name="Penalty">Whether the loss has the term gamma·mean(z²).</param>
/// <param name="Contrastive">Whether the loss has the supervised contrastive term, of weight 1, on the features h.</param>
/// <param name="Margin">Whether the cross-entropy is that of logits with a margin.</param>
public sealed record Variant(
    string Name, string Title, Head Head, LatentWidth Width, bool Penalty = false, bool Contrastive = false, Margin Margin = Margin.None)
{
    /// <summary>The width of the penultimate layer in the paper.</summary>
    /// <param name="classes">Number of classes.</param>
    /// <returns>The width; 0 when there's no layer.</returns>
    public int LatentsFor(int classes) => LatentWidths.Paper(classes).Of(Width);
}

/// <summary>The table of variants (arXiv:2310.08224 v5).</summary>
public static class Variants
{
    /// <summary>All variants, in the paper's order.</summary>
    public static IReadOnlyList<Variant> All { get; } =
    [
        new("lpc", "LPC", Head.Linear, LatentWidth.Intermediate, Penalty: true),
        new("lpc-wide", "LPC-Wide", Head.Linear, LatentWidth.Wide, Penalty: true),
        new("lpc-narrow", "LPC-Narrow", Head.Linear, LatentWidth.Narrow, Penalty: true),
        new("lpc-scl", "LPC-SCL", Head.Linear, LatentWidth.Intermediate, Penalty: true, Contrastive: true),
        new("lpc-nopen", "LPC-NoPen", Head.None, LatentWidth.None, Penalty: true),
        new("linpen", "LinPen", Head.Linear, LatentWidth.Intermediate),
        new("nonlinpen", "NonlinPen", Head.NonLinear, LatentWidth.Intermediate),
        new("scl", "SCL", Head.None, LatentWidth.None, Contrastive: true),
        new("arcface", "ArcFace", Head.None, LatentWidth.None, Margin: Margin.Angular),
        new("cosface", "CosFace", Head.None, LatentWidth.None, Margin: Margin.Cosine),
        new("nopen", "NoPen", Head.None, LatentWidth.None),
    ];

    /// <summary>Finds a variant.</summary>
    /// <param name="name">As on the command line.</param>
    /// <returns>The variant.</returns>
    /// <exception cref="UserErrorException">There's no such variant.</exception>
    public static Variant Named(string name) => All.FirstOrDefault(variant => variant.Name == name)
        ?? throw new UserErrorException($"Unknown variant '{name}'; known are {string.Join(", ", Names)}.{NearMiss.Question(name, Names)}");

    private static IEnumerable<string> Names => All.Select(variant => variant.Name);
}

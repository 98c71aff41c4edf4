using LpcEngine.Engine;

namespace LpcEngine.Models;

/// <summary>One of the paper's classifiers: which head, how wide, and which terms its loss has.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Title">As in the paper's tables.</param>
/// <param name="Head">What stands before the last layer.</param>
/// <param name="LatentsFor10">Width of the penultimate layer for 10 classes or fewer; 0 without a layer.</param>
/// <param name="LatentsFor100">Width for more than 10 classes; 0 without a layer.</param>
/// <param name="Penalty">Whether the loss has the term gamma·mean(z²).</param>
public sealed record Variant(string Name, string Title, Head Head, int LatentsFor10, int LatentsFor100, bool Penalty)
{
    /// <summary>The width of the penultimate layer in the paper.</summary>
    /// <param name="classes">Number of classes.</param>
    /// <returns>The width; 0 when there's no layer.</returns>
    public int LatentsFor(int classes) => classes <= 10 ? LatentsFor10 : LatentsFor100;
}

/// <summary>The table of variants. Widths are those of the paper's CIFAR-10 and CIFAR-100 networks (arXiv:2310.08224 v5).</summary>
public static class Variants
{
    /// <summary>All variants, in the paper's order.</summary>
    public static IReadOnlyList<Variant> All { get; } =
    [
        new("lpc", "LPC", Head.Linear, 64, 128, Penalty: true),
        new("lpc-wide", "LPC-Wide", Head.Linear, 128, 256, Penalty: true),
        new("lpc-narrow", "LPC-Narrow", Head.Linear, 16, 32, Penalty: true),
        new("lpc-nopen", "LPC-NoPen", Head.None, 0, 0, Penalty: true),
        new("linpen", "LinPen", Head.Linear, 64, 128, Penalty: false),
        new("nonlinpen", "NonlinPen", Head.NonLinear, 64, 128, Penalty: false),
        new("nopen", "NoPen", Head.None, 0, 0, Penalty: false),
    ];

    /// <summary>Finds a variant.</summary>
    /// <param name="name">As on the command line.</param>
    /// <returns>The variant.</returns>
    /// <exception cref="UserErrorException">There's no such variant.</exception>
    public static Variant Named(string name) => All.FirstOrDefault(variant => variant.Name == name)
        ?? throw new UserErrorException($"Unknown variant '{name}'; known are {string.Join(", ", All.Select(variant => variant.Name))}.");
}
